# frozen_string_literal: true

RSpec.describe Litestream::Commands do
  include_context "with a replicated database"

  before { site.start }

  # Returns the TXID that has it.
  def write_durably(body)
    site.sql("INSERT INTO notes VALUES ('#{body}')")
    format("%016x", described_class.sync("app.sqlite3").fetch("replicated_txid"))
  end

  it "lists databases" do
    expect(described_class.databases).to eq [{ "path" => site.database, "replicas" => "file" }]
  end

  it "shows the replica in the columns of v0.3" do
    newest = Array.new(3) { |number| write_durably(number) }.last

    generations = described_class.generations("app.sqlite3")
    expect(generations.map(&:keys)).to eq [%w[name generation lag start end]]
    expect(generations[0]).to include("name" => "file", "generation" => "0000000000000001", "lag" => be_between(0, 10))

    snapshots = described_class.snapshots("app.sqlite3")
    expect(snapshots.map(&:keys)).to eq [%w[replica generation index size created]]
    expect(snapshots[0]).to include("generation" => "0000000000000001", "index" => "0000000000000001", "size" => be > 100)

    wal = described_class.wal("app.sqlite3")
    expect(wal.last.keys).to eq %w[replica generation index offset size created]
    expect(wal.last).to include("generation" => "0000000000000001", "index" => newest)
  end

  it "lists LTX files by level" do
    write_durably("one")
    files = described_class.ltx("app.sqlite3", "--level" => "all")
    expect(files.map(&:keys).uniq).to eq [%w[level min_txid max_txid size created]]
    expect(described_class.ltx("app.sqlite3")).to eq files
    expect(described_class.ltx("app.sqlite3", level: 9)).to be_empty
    expect { described_class.ltx("app.sqlite3", level: "ten") }.to raise_error(Litestream::ConfigurationError, /0 to 9 or all/)
  end

  it "restores, by either spelling of the options, and returns the path" do
    write_durably("kept")
    expect(described_class.restore("app.sqlite3", "-o" => "a.sqlite3")).to eq site.path("a.sqlite3")
    expect(described_class.restore(site.database, output: site.path("b.sqlite3"))).to eq site.path("b.sqlite3")
    expect(site.sql("SELECT body FROM notes", file: site.path("a.sqlite3"))).to eq "kept\n"
    expect(FileUtils).to be_identical(site.path("a.sqlite3"), site.path("b.sqlite3"))
  end

  it "restores a transaction, and a time" do
    first = write_durably("first")
    second = write_durably("second")
    described_class.restore("app.sqlite3", output: "first.sqlite3", txid: first)
    expect(site.sql("SELECT body FROM notes", file: site.path("first.sqlite3"))).to eq "first\n"

    time = Time.iso8601(described_class.ltx("app.sqlite3").find { |file| file["max_txid"] == second }["created"])
    described_class.restore("app.sqlite3", output: "timed.sqlite3", timestamp: time)
    expect(site.sql("SELECT body FROM notes", file: site.path("timed.sqlite3"))).to eq "first\n"
    expect { described_class.restore("app.sqlite3", output: "x", txid: "00000000000000ff") }
      .to raise_error(Litestream::TargetUnavailableError)
  end

  it "never restores over a database" do
    write_durably("live")
    expect { described_class.restore("app.sqlite3") }.to raise_error(Litestream::TargetExistsError, /app.sqlite3 already exists/)
    expect(described_class.restore("app.sqlite3", if_db_not_exists: true)).to eq site.database
    site.stop
    expect(described_class.restore("app.sqlite3", force: true)).to eq site.database
    expect(Dir[site.path("app.sqlite3*")].size).to be > 1
  end

  it "reports the state of each database" do
    newest = write_durably("one").hex
    expect(described_class.status)
      .to match [a_hash_including("path" => site.database, "status" => "replicating", "replicated_txid" => newest)]
    site.stop
    expect { described_class.status }.to raise_error(Litestream::NotRunningError)
  end
end

RSpec.describe Litestream::Commands, "when something is wrong" do
  include_context "with a replicated database"

  it "needs a database" do
    [nil, "", " "].each do |nothing|
      expect { described_class.restore(nothing) }.to raise_error(described_class::DatabaseRequiredException, /restore needs a database/)
    end
  end

  it "knows configured databases only" do
    expect { described_class.generations("/etc/passwd") }.to raise_error(Litestream::UnknownDatabaseError, /app.sqlite3/)
    expect { described_class.restore("x'; touch pwned; '") }.to raise_error(Litestream::UnknownDatabaseError)
  end

  it "distinguishes an absent replica from a broken one" do
    expect { described_class.restore("app.sqlite3", output: "x") }.to raise_error(Litestream::NoReplicaError) { |error|
      expect(error).to be_a(described_class::CommandFailedException).and have_attributes(exit_status: 3)
    }
    expect(described_class.restore("app.sqlite3", output: "x", if_replica_exists: true)).to be_nil

    FileUtils.mkdir_p(File.join(site.replica, "ltx/0"))
    File.write(File.join(site.replica, "ltx/0/0000000000000001-0000000000000001.ltx"), "damaged")
    expect { described_class.restore("app.sqlite3", output: "x", if_replica_exists: true) }
      .to raise_error(Litestream::CorruptError) { |error| expect(error.exit_status).to eq 5 }
    expect(Dir[site.path("x*"), site.path(".x*")]).to be_empty
  end

  it "never takes a replica of Litestream 0.3 for an absent one" do
    snapshots = File.join(site.replica, "generations/0123456789abcdef/snapshots")
    site.stop
    FileUtils.rm_rf(site.replica)
    FileUtils.mkdir_p(snapshots)
    File.write(File.join(snapshots, "00000000.snapshot.lz4"), "")
    legacy = raise_error(Litestream::LegacyReplicaError) do |error|
      expect(error).to have_attributes(code: "legacy_replica", exit_status: 13, message: /Litestream 0\.3.*nothing of it is lost/)
    end
    expect { described_class.restore("app.sqlite3", output: "x", if_replica_exists: true) }.to legacy
    %i[generations snapshots ltx].each { |command| expect { described_class.public_send(command, "app.sqlite3") }.to legacy }
    database = Litestream::Database.all.first
    expect { database.inventory }.to legacy
    expect { database.plan }.to legacy
  end

  it "names the file and place of a mistake in litestream.yml" do
    site.write("config/litestream.yml", "dbs: [{path: app.sqlite3, replica: {type: file, path: r, sync-intervall: 1s}}]")
    expect { described_class.databases }
      .to raise_error(Litestream::ConfigurationError, /config.litestream\.yml.*dbs\[0\]\.replica\.sync-intervall/)

    site.write("config/litestream.yml", "dbs: <%= no_such_method %>")
    expect { described_class.databases }.to raise_error(Litestream::ConfigurationError, /ERB.*no_such_method/)

    File.delete(site.path("config/litestream.yml"))
    expect { described_class.databases }.to raise_error(Litestream::ConfigurationError, /no configuration at/)
  end

  it "reads another file with config" do
    site.write("other.yml", "dbs: [{path: other.sqlite3, replica: {type: file, path: r}}]")
    expect(described_class.databases("-config" => "other.yml")).to eq [{ "path" => site.path("other.sqlite3"), "replicas" => "file" }]
  end
end
