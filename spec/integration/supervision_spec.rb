# frozen_string_literal: true

require "spec_helper"

RSpec.describe "The replicator beside Puma", :integration do
  def kill(pid, signal = "KILL") = Process.kill(signal, pid)

  # As the platform does; see ChildProcess#stop.
  def end_worker(pid)
    kill(pid, "TERM")
    poll("the end of #{pid}", seconds: 10) { !alive?(pid) }
  rescue Harness::ChildProcess::TooLate
    kill(pid)
  end

  shared_examples "one supervised replicator" do
    it "runs exactly once, replicates, and is started again after it was killed" do
      killed = server.await_replicator
      server.write("a row", durable: true)
      kill(killed)

      poll("another replicator") { (server.replicators - [killed]).any? }
      server.write("another row", durable: true)
      expect(server.replicators.size).to eq(1)
    end

    it "ends within seconds when Puma is killed" do
      replicator = server.await_replicator
      kill(server.pid)

      poll("the replicator's end", seconds: 10) { !alive?(replicator) }
    end

    it "ends with Puma on SIGTERM" do
      replicator = server.await_replicator
      server.stop

      expect(alive?(replicator)).to be(false)
    end
  end

  context "with one process" do
    let!(:server) { boot }

    it_behaves_like "one supervised replicator"

    it "is supervised by that process" do
      server.await_replicator
      expect(server.supervisor).to eq(server.pid)
    end

    it "is started by rails server, too" do
      server.stop
      other = boot(argv: %w[bin/rails server])
      other.write("a row", durable: true)

      expect(other.replicators.size).to eq(1)
    end
  end

  it "runs beside rails server -d, which becomes another process after the application is loaded" do
    pid_file = File.join(app.root, "tmp", "server.pid")
    app.rails!("server", "-d", "-P", pid_file)
    daemon = poll("the daemon") { Integer(File.read(pid_file), exception: false) if File.exist?(pid_file) }

    poll("a replicator") { Harness::ProcessTable.read.replicators(daemon).one? }
  ensure
    [*Harness::ProcessTable.read.descendants(daemon), daemon].each { |pid| kill(pid) } if daemon
  end

  # SQLite's locks do not come along into the daemon, its connections would.
  it "leaves a daemon no connection by which a setting of the application was read" do
    app.write("config/initializers/setting.rb", "Rails.application.config.litestream.enabled = -> { Note.count >= 0 }")
    pid_file = File.join(app.root, "tmp", "server.pid")
    app.rails!("server", "-d", "-P", pid_file)
    daemon = poll("the daemon") { Integer(File.read(pid_file), exception: false) if File.exist?(pid_file) }
    poll("a replicator") { Harness::ProcessTable.read.replicators(daemon).one? }

    open_files = Dir["/proc/#{daemon}/fd/*"].map { |link| File.readlink(link) }
    expect(open_files.grep(/sqlite3/)).to eq []
  ensure
    [*Harness::ProcessTable.read.descendants(daemon), daemon].each { |pid| kill(pid) } if daemon
  end

  context "with one process that restarts itself or cannot reach the store" do
    let!(:server) { boot }

    it "continues after a hot restart, which executes Puma again under the same process id" do
      first = server.await_replicator
      server.signal("USR2")

      poll("another replicator") { (server.replicators - [first]).one? && !alive?(first) }
      poll("Puma") { server.answering? }
      server.write("a row", durable: true)
    end

    it "ends within its time on SIGTERM although the store is gone" do
      server.await_replicator
      store.stop
      server.write("not replicated")
      began = Harness::ChildProcess.now
      server.stop(timeout: 40)

      expect(Harness::ChildProcess.now - began).to be < 25
      expect(server.pids - [server.pid]).to be_empty
    end
  end

  context "with workers forked from a master that loaded the app" do
    let!(:server) { boot(workers: 2, preload: true) }

    it_behaves_like "one supervised replicator"

    it "is supervised by the master, and survives the end of every worker" do
      replicator = server.await_replicator
      expect(server.supervisor).to eq(server.pid)

      workers = server.workers
      workers.each { |worker| end_worker(worker) }
      poll("other workers") { (server.workers & workers).empty? && server.workers.size == 2 }
      expect(server.replicators).to eq([replicator])
    end
  end

  context "with workers that load the app themselves" do
    let!(:server) { boot(workers: 2) }

    it_behaves_like "one supervised replicator"

    it "is taken over by another worker when its worker is killed" do
      server.await_replicator
      supervisor = server.supervisor
      kill(supervisor)

      poll("another supervisor", seconds: 15) { server.supervisor && server.supervisor != supervisor }
      server.write("a row", durable: true)
      expect(server.replicators.size).to eq(1)
    end

    it "continues through a phased restart" do
      server.await_replicator
      workers = server.workers
      server.signal("USR1")
      poll("new workers", seconds: 100) { (server.workers & workers).empty? && server.workers.size == 2 }

      server.write("a row", durable: true)
      expect(server.replicators.size).to eq(1)
    end
  end

  it "is started by no console, runner or task" do
    app.rails!("runner", "sleep 1")
    app.rails!("console")
    app.rails!("db:migrate")

    expect(Dir.children(File.join(app.root, "storage")).grep(/litestream/)).to be_empty
  end

  it "leaves its own tables out of schema.rb" do
    boot.write("a row", durable: true)
    app.rails!("db:schema:dump")

    expect(File.read(File.join(app.root, "db/schema.rb"))).to include("notes").and(satisfy { |text| !text.include?("_litestream") })
  end

  context "with two servers on one app" do
    it "runs once, and the second server takes over from the first" do
      first = boot
      first.await_replicator
      second = boot
      second.write("through the second server", durable: true)
      expect(second.replicators).to be_empty

      first.kill_everything
      poll("a replicator of the second server", seconds: 15) { second.replicators.one? }
      second.write("after the first server", durable: true)
    end
  end
end
