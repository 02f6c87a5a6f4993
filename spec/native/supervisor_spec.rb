# frozen_string_literal: true

RSpec.describe Litestream::Supervisor do
  include_context "with a replicated database"

  after { @supervisor&.stop(timeout: 10) }

  def start
    @supervisor = described_class.start
  end

  def eventually(seconds = 10)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    until (found = yield)
      raise "not within #{seconds} s: #{@supervisor.status}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.05
    end
    found
  end

  def replicator = eventually { Litestream.replicate_process[:pid] }

  it "starts a replicator, and ends it with a last sync" do
    supervisor = start
    pid = replicator
    expect(supervisor.status).to have_attributes(role: "holder", pid: pid, holder: Process.pid, restarts: 0, problem: nil)

    site.sql("INSERT INTO notes VALUES ('last')")
    expect(supervisor.stop).to eq "exit status 0"
    expect(supervisor.status).to have_attributes(role: "stopped", pid: nil)
    Litestream::Commands.restore("app.sqlite3", output: "copy.sqlite3")
    expect(site.sql("SELECT body FROM notes", file: site.path("copy.sqlite3"))).to eq "last\n"
  end

  it "names the keys of litestream.yml without effect, once each" do
    site.write("config/litestream.yml", <<~YAML)
      logging: { level: warn }
      dbs:
        - path: app.sqlite3
          replica: { path: $REPLICA, retention: 168h, sign-payload: true }
    YAML
    expect { start }.to output(<<~TEXT).to_stderr
      litestream: config/litestream.yml:4:32: dbs[0].replica.retention: has no effect: only Litestream v0.3 acts on it; write `snapshot: {retention: 168h}` at the top or in the database
      litestream: config/litestream.yml:4:49: dbs[0].replica.sign-payload: has an effect on the official litestream executable only
    TEXT
    replicator
  end

  it "starts it again when it dies" do
    supervisor = start
    first = replicator
    Process.kill(:KILL, first)
    eventually { ![nil, first].include?(Litestream.replicate_process[:pid]) }
    expect(supervisor.status).to have_attributes(restarts: 1, last_exit: "signal 9")
  end

  it "belongs to the process that started it" do
    supervisor = start
    pid = replicator
    child = fork do
      outcomes = [supervisor.mine?] + %i[status stop].map do |name|
        supervisor.public_send(name)
      rescue Litestream::ForkedError => e
        e.message
      end
      File.write(site.path("outcomes"), outcomes.join("\n"))
      # The end of the fork, with its finalizers, is not the end of the replicator.
      supervisor = @supervisor = nil
      GC.start
    ensure
      exit!(0)
    end
    Process.wait(child)
    mine, status, stop = File.readlines(site.path("outcomes"), chomp: true)
    expect(mine).to eq "false"
    expect([status, stop]).to all include("belongs to process #{Process.pid}")
    sleep 0.3
    expect(Litestream.replicate_process[:pid]).to eq pid
  end

  it "stands by where another process supervises, and takes over when that is gone" do
    other = fork do
      described_class.start
      sleep
    ensure
      exit!(0)
    end
    first = replicator
    supervisor = start
    eventually { supervisor.status.holder == other }
    expect(supervisor.status).to have_attributes(role: "standby", pid: nil)

    Process.kill(:KILL, other)
    Process.wait(other)
    second = eventually { supervisor.status.pid }
    expect(second).not_to eq first
    expect(supervisor.status).to have_attributes(role: "holder", holder: Process.pid)
  end

  it "keeps the secrets out of the file that the replicator reads" do
    site.configuration.replica_access_key = "s3cr3t-value"
    site.configuration.replica_key_id = "AKIDEXAMPLE"
    site.write("config/litestream.yml", <<~YAML)
      logging: { level: error }
      dbs: [{ path: app.sqlite3, replica: { type: s3, bucket: b, path: p, endpoint: "http://127.0.0.1:9" } }]
    YAML
    start
    file = site.path("tmp/litestream.yml")
    expect(File.read(file)).not_to match(/s3cr3t-value|AKIDEXAMPLE/)
    expect(File.stat(file).mode & 0o777).to eq 0o600
    expect(ENV.values).not_to include(/s3cr3t-value/)
  end

  it "says so when the path of the control socket is too long for a socket" do
    site.configuration.socket_path = "tmp/#{"x" * 100}.sock"
    expect { start }.to raise_error(Litestream::ConfigurationError, /control socket .* set config.litestream.socket_path/)
  end

  it "names where it looked for the official executable" do
    site.configuration.engine = "litestream"
    site.configuration.install_dir = site.path("config")
    expect { start }.to raise_error(Litestream::Commands::ExecutableNotFoundException, /#{site.path("config")}/)
    site.configuration.install_dir = site.path("nowhere")
    expect { Litestream::Commands.replicate }.to raise_error(Litestream::Commands::DirectoryNotFoundException, /nowhere/)
    site.configuration.engine = "other"
    expect { start }.to raise_error(Litestream::ConfigurationError, /engine/)
  end

  it "runs in the foreground until the process gets SIGTERM" do
    script = "require 'litestream'; Litestream.configuration.root = ARGV[0]; Litestream::Commands.replicate"
    pid = Process.spawn({ "REPLICA" => site.replica }, RbConfig.ruby, "-I", File.join(Commands::ROOT, "lib"), "-e", script, site.root,
                        err: File::NULL)
    child = replicator
    Process.kill(:TERM, pid)
    Process.wait(pid)
    expect(Litestream.replicate_process[:pid]).to be_nil
    expect { Process.kill(0, child) }.to raise_error(Errno::ESRCH)
  end
end
