# frozen_string_literal: true

require "spec_helper"

RSpec.describe "The rake tasks", :integration do
  def task(name, *arguments, **options) = app.rails("litestream:#{name}", *("--" unless arguments.empty?), *arguments, **options)

  def json(name, *arguments)
    result = task(name, *arguments, "--json")
    expect(result).to be_ok, result.err
    JSON.parse(result.out)
  end

  it "litestream:env says what is set and never prints a secret" do
    result = task("env", variables: { "LITESTREAM_REPLICA_REGION" => "" })

    expect(result).to be_ok
    expect(result.out).to match(/LITESTREAM_REPLICA_BUCKET +\S*.*environment/).and match(/LITESTREAM_REPLICA_REGION.*default/)
    expect(result.out + result.err).not_to include(Harness::S3Server::SECRET_ACCESS_KEY)
  end

  it "litestream:env names what is missing, and ends successfully" do
    result = task("env", without: ["LITESTREAM_ACCESS_KEY_ID"])

    expect(result).to be_ok
    expect(result.out).to match(/LITESTREAM_ACCESS_KEY_ID.*missing/)
  end

  context "with a replica" do
    let!(:server) { boot.tap { |server| server.write("a row", durable: true) } }

    it "list databases, generations, snapshots and files, as text and as JSON" do
      expect(json("databases")).to match([a_hash_including("path" => app.database, "replicas" => "s3")])
      generations = json("generations", "--database=primary")
      expect(generations).to match([a_hash_including("generation" => "0000000000000001")])
      expect(json("snapshots", "--database", app.database)).to all(include("replica", "index", "size", "created"))
      expect(json("ltx", "-database=storage/production.sqlite3")).not_to be_empty
      expect(task("ltx", "-database", "primary").out).to include("min_txid").and include("0000000000000001")
    end

    it "litestream:status shows a replicating database and its lag" do
      expect(json("status")).to match([a_hash_including("path" => app.database, "status" => "replicating")])
    end

    it "litestream:verify proves the replica, and ends otherwise when no replicator answers" do
      expect(task("verify", "--database=primary")).to be_ok
      server.kill_everything
      result = task("verify", "--database=primary", "--timeout=2")
      expect(result.exit_status).to eq(10)
      expect(result.err.lines.size).to eq(1)
    end

    it "litestream:sync and litestream:verify end as what failed in the replicator" do
      store.refuse("PutObject", status: 403)
      server.write("a row that the store refuses")
      %w[sync verify].each do |name|
        expect(task(name, "--timeout=10")).to have_attributes(exit_status: 4, err: /denied access \(AccessDenied/), name
      end
      raised = app.rails!("runner", "begin; Litestream.sync!; rescue => e; puts [e.class, e.code, e.retryable?].join(' '); end")
      expect(raised.out).to include("Litestream::AccessDeniedError denied false")
    end

    it "litestream:restore refuses to overwrite, and keeps what --force replaces" do
      server.stop
      refused = task("restore", "--database=primary")
      expect(refused.exit_status).to eq(7)
      expect(refused.err.lines.size).to eq(1), refused.err

      expect(task("restore", "--database=primary", "--if-db-not-exists")).to be_ok
      expect(task("restore", "--database=primary", "--force")).to be_ok
      expect(Dir.children(File.dirname(app.database)).grep(/production\.sqlite3/).size).to be > 1
    end

    it "litestream:restore writes elsewhere with -o, also to a path with an equals sign and a space" do
      copy = File.join(app.root, "tmp", "a=b=c copy.sqlite3")
      expect(task("restore", "--database=primary", "-o", copy)).to be_ok
      expect(File.size(copy)).to eq(File.size(copy)).and be_positive
    end

    it "litestream:restore shows with --dry-run what it would read, at a TXID or a moment, and writes nothing" do
      copy = File.join(app.root, "tmp", "copy.sqlite3")
      result = task("restore", "--database=primary", "--dry-run", "-o", copy)
      expect(result.out).to match(/\Awould restore TXID \h{16} of .*bytes:\nlevel +min_txid/), result.err
      now = Time.now.utc.iso8601(3)
      expect(json("restore", "--database=primary", "--dry-run", "-timestamp", now)).to include("txid" => /\h{16}/, "files" => be_any)
      early = task("restore", "--database=primary", "--dry-run", "--timestamp=2001-01-01T00:00:00Z")
      expect([early.exit_status, early.err]).to match([6, /nothing can be restored/])
      expect(task("restore", "--database=primary", "--dry-run", "--timestamp=noon")).to have_attributes(exit_status: 2, err: /RFC 3339/)
      expect(File.exist?(copy)).to be false
    end

    it "litestream:restore prints its options, and refuses an unknown check of the copy" do
      expect(task("restore", "--help").out).to include("--integrity-check=MODE", "--dry-run")
      expect(task("restore", "--database=primary", "--integrity-check=thorough")).to have_attributes(exit_status: 2, err: /integrity/)
    end

    it "litestream:restore takes a TXID and refuses one that is not there" do
      copy = File.join(app.root, "tmp", "copy.sqlite3")
      expect(task("restore", "--database=primary", "-o", copy, "--txid=0000000000000001")).to be_ok
      expect(task("restore", "--database=primary", "-o", "#{copy}2", "--txid=00000000000fffff").exit_status).to eq(6)
    end
  end

  it "end with a status of their own when there is no replica, no access, or no store" do
    app.lose_disk
    expect(task("restore", "--database=primary").exit_status).to eq(3)
    expect(task("restore", "--database=primary", "--if-replica-exists")).to be_ok
    denied = task("restore", "--database=primary", variables: { "LITESTREAM_SECRET_ACCESS_KEY" => "wrong" })
    expect(denied.exit_status).to eq(4)
    expect(denied.err).not_to match(/\.rb:\d+/)
  end

  it "name the missing variables, the missing option and the unknown database" do
    without = task("restore", "--database=primary", without: Harness::S3Server::REQUIRED)
    expect(without.exit_status).to eq(2)
    expect(without.err).to include(*Harness::S3Server::REQUIRED)

    expect(task("restore")).to have_attributes(exit_status: 2, err: /--database/)
    expect(task("restore", "--database=elsewhere.db")).to have_attributes(exit_status: 2, err: /elsewhere\.db/)
  end

  it "litestream:restore neither connects to the database nor creates it" do
    app.lose_disk
    File.write(File.join(app.root, "config/initializers/zz_connects.rb"), "Rails.application.config.after_initialize { Note.count }")
    task("restore", "--database=primary")

    expect(Dir.children(File.dirname(app.database))).to be_empty
  end
  it "take config.litestream before the environment" do
    settings = File.join(app.root, "config/initializers/litestream.rb")
    File.write(settings, "Rails.application.config.litestream.replica_region = 'eu-west-1'\n", mode: "a")

    expect(task("env").out).to match(/LITESTREAM_REPLICA_REGION.*config\.litestream/)
  end

  it "say what to do where config/initializers/litestream.rb needs the whole application" do
    initializers = File.join(app.root, "config/initializers")
    File.write(File.join(initializers, "constants.rb"), "REGION = 'eu-west-1'\n")
    File.write(File.join(initializers, "litestream.rb"), "Rails.application.config.litestream.replica_region = REGION\n", mode: "a")

    expect(task("env")).to have_attributes(exit_status: 2, err: /rails environment litestream/)
    expect(app.rails("environment", "litestream:env")).to be_ok
  end
end
