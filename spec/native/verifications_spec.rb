# frozen_string_literal: true

RSpec.describe Litestream::Verifications do
  include_context "with a replicated database"

  let(:database) { Litestream::Database.find("app.sqlite3") }
  let(:run_file) { File.join(database.meta_path, "verification.json") }

  def finished(id) = Harness::ChildProcess.poll(30, "the end of #{id}") { described_class.find(id).then { |r| r unless r.under_way? } }

  # Ruby in another process of this machine, with the same configuration.
  def elsewhere(code)
    configured = "Litestream.configuration = Litestream::Configuration.new(env: #{{ "REPLICA" => site.replica }.inspect}).tap { |c| " \
                 "c.root = #{site.root.inspect} }; database = Litestream::Database.find('app.sqlite3'); #{code}"
    libraries = $LOAD_PATH.grep(%r{/lib\z}).flat_map { |path| ["-I", path] }
    IO.popen([RbConfig.ruby, *libraries, "-rlitestream", "-rlitestream/verifications", "-e", configured], "r+")
  end

  it "runs in the background, and keeps its outcome" do
    site.start
    id = described_class.start(database)
    report = finished(id)
    expect(report.to_h).to include(id: id, database: site.database, state: "passed", txid: /\A\h{16}\z/, pages: be > 0, files: be > 0,
                                   downloaded_bytes: be > 0, message: nil, started: be_within(30).of(Time.now))
    expect(described_class.recent(database)).to eq [report]
    expect(File.stat(File.join(database.meta_path, "verifications.jsonl")).mode & 0o777).to eq 0o600
  end

  it "keeps a failure with its message" do
    site.start
    Litestream.sync!
    FileUtils.rm(Dir[File.join(site.replica, "ltx/*/*.ltx")])
    report = finished(described_class.start(database))
    expect(report).to have_attributes(state: "failed", code: "verification_failed", message: /app.sqlite3.*no replica/)
  end

  it "distinguishes an error from a failure, and has it once for any number of attempts" do
    report = finished(described_class.start(database))
    expect(report).to have_attributes(state: "error", code: "not_running", message: /no replicator answers/)
    expect(described_class.recent(database).size).to eq 1
  end

  it "joins the one that is under way, in this process or another" do
    other = elsewhere("puts Litestream::Verifications.start(database); $stdout.flush; gets")
    id = other.gets.chomp
    expect(described_class.start(database)).to eq id
    expect(described_class.find(id)).to have_attributes(state: "running", started: be_within(30).of(Time.now), finished: nil)
    expect(described_class.run(database)).to be_nil
    expect(finished(id).state).to eq "error"
  ensure
    other&.close
  end

  it "sees that the process of a run has ended, and lets the next one begin" do
    other = elsewhere("puts Litestream::Verifications.start(database); $stdout.flush; gets")
    id = other.gets.chomp
    Process.kill("KILL", other.pid)
    other.close
    expect(described_class.find(id)).to have_attributes(state: "lost", message: /ended before/)
    site.start
    expect(finished(described_class.start(database)).state).to eq "passed"
  end

  it "is not held by a process that was forked from one that was killed" do
    other = elsewhere("puts Litestream::Verifications.start(database); puts fork { sleep 60 }; $stdout.flush; gets")
    id = other.gets.chomp
    orphan = other.gets.to_i
    Process.kill("KILL", other.pid)
    other.close
    expect(described_class.find(id).state).to eq "lost"
    expect { described_class.run(database) }.to raise_error(Litestream::NotRunningError)
  ensure
    Process.kill("KILL", orphan)
  end

  it "finds no more than there is" do
    expect(described_class.recent(database)).to eq []
    ["", "no", "../#{File.basename(run_file)}", nil].each { |id| expect(described_class.find(id)).to be_nil }
    FileUtils.mkdir_p(database.meta_path)
    File.write(run_file, "{torn")
    expect(described_class.recent(database)).to eq []
  end

  it "says what it can neither read nor write" do
    FileUtils.rm_rf(database.meta_path)
    File.write(database.meta_path, "")
    expect { described_class.start(database) }.to raise_error(Litestream::FileError, /use .*verification.json: Not a directory/)
    expect { described_class.recent(database) }.to raise_error(Litestream::FileError, /use .*verification.json: Not a directory/)
  end
end
