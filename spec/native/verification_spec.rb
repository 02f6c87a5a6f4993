# frozen_string_literal: true

RSpec.describe Litestream, ".verify!" do
  include_context "with a replicated database"

  def files = Dir[File.join(site.replica, "ltx/0/*.ltx")].sort

  it "is true when the replica restores to the live database, and leaves that alone" do
    site.start
    site.sql("INSERT INTO notes VALUES ('one')")
    schema = site.sql("SELECT name FROM sqlite_master WHERE name NOT LIKE '_litestream%'")
    expect(described_class.verify!("app.sqlite3", replication_sleep: 20)).to be true
    expect(described_class.verify!).to be true
    expect(site.sql("SELECT name FROM sqlite_master WHERE name NOT LIKE '_litestream%'")).to eq schema
  end

  it "says what was compared" do
    site.start
    proof = Litestream::Database.find("app.sqlite3").verify!
    expect(proof).to have_attributes(path: site.database, txid: /\A\h{16}\z/, pages: be > 0, files: be > 0)
  end

  it "fails when the replica is damaged" do
    site.start
    described_class.sync!
    bytes = File.binread(files[0])
    bytes.setbyte(bytes.size / 2, bytes.getbyte(bytes.size / 2) ^ 1)
    File.binwrite(files[0], bytes)
    expect { described_class.verify!("app.sqlite3") }.to raise_error(Litestream::VerificationFailure, /app.sqlite3.*corrupt/)
  end

  it "fails when a file of the replica is gone" do
    site.start
    2.times { site.sql("INSERT INTO notes VALUES ('one')") && described_class.sync! }
    File.delete(files[1])
    expect { described_class.verify!("app.sqlite3") }.to raise_error(Litestream::VerificationFailure)
  end

  it "is no failure of the replica when no replicator answers" do
    expect { described_class.verify!("app.sqlite3") }.to raise_error(Litestream::NotRunningError)
  end

  it "creates no database that is not there" do
    File.delete(site.database)
    expect { described_class.verify!("app.sqlite3") }.to raise_error(Litestream::Error)
    expect { described_class.verify!("other.sqlite3") }.to raise_error(Litestream::UnknownDatabaseError)
    expect(Dir[site.path("*.sqlite3")]).to be_empty
  end
end

RSpec.describe Litestream, "databases and process" do
  include_context "with a replicated database"

  it "lists generations with their snapshots" do
    site.start
    described_class.sync!
    expect(described_class.databases).to match [
      { "path" => site.database, "replicas" => "file",
        "generations" => [a_hash_including("generation" => "0000000000000001",
                                           "snapshots" => [a_hash_including("index" => "0000000000000001")])] }
    ]
  end

  it "finds the process through its control socket" do
    expect(described_class.replicate_process).to include(pid: nil, status: "stopped", started: nil)
    site.start
    expect(described_class.replicate_process).to include(pid: be_a(Integer), status: "running", started: be_within(60).of(Time.now))
  end

  it "needs no file where the environment names the bucket" do
    settings = Litestream::Configuration.new(env: { "LITESTREAM_REPLICA_BUCKET" => "backups", "LITESTREAM_ACCESS_KEY_ID" => "key",
                                                    "LITESTREAM_SECRET_ACCESS_KEY" => "secret" })
    settings.root = site.root
    settings.config_path = "none.yml"
    settings.databases = ["storage/app.sqlite3"]
    database = Litestream::Database.all(settings)[0]
    expect([database.path, database.location]).to eq [site.path("storage/app.sqlite3"), "s3://backups/storage/app.sqlite3"]
  end
end
