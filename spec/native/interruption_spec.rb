# frozen_string_literal: true

require "socket"
require "timeout"
require "tmpdir"

# A replicator that accepts and never answers keeps a native call waiting until its timeout of 30 s. A call that ends in
# a third of that was interrupted.
RSpec.describe "a native call that waits" do
  around do |example|
    Dir.mktmpdir do |dir|
      @socket = File.join(dir, "control.sock")
      server = UNIXServer.new(@socket)
      example.run
      server.close
    end
  end

  let(:control) { Litestream::Native::Control.new(@socket, 30.0) }

  def seconds
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
  end

  # Runs `script` in a Ruby of its own with the call waiting, sends SIGINT, and returns what it printed and how long it
  # took to end after the signal.
  def interrupt(script)
    load_path = File.join(Commands::ROOT, "lib")
    prelude = "require 'litestream'; $stdout.sync = true; control = Litestream::Native::Control.new(ARGV[0], 30.0); "
    IO.popen([RbConfig.ruby, "-I", load_path, "-e", prelude + script, @socket], err: File::NULL) do |ruby|
      ruby.gets or raise "the script did not start"
      sleep 0.3
      output = nil
      took = seconds do
        Process.kill(:INT, ruby.pid)
        output = ruby.read
      end
      [output, took]
    end
  end

  it "lets other Ruby threads run" do
    ticks = 0
    ticker = Thread.new { loop { (ticks += 1) and sleep 0.01 } }
    expect { Timeout.timeout(0.5) { control.info } }.to raise_error(Timeout::Error)
    ticker.kill
    expect(ticks).to be > 20
  end

  it "is ended by Timeout" do
    took = seconds { expect { Timeout.timeout(0.2) { control.info } }.to raise_error(Timeout::Error) }
    expect(took).to be < 10
  end

  it "is ended by Thread#kill, and runs ensure blocks" do
    cleaned = false
    thread = Thread.new do
      control.info
    ensure
      cleaned = true
    end
    sleep 0.2
    expect(seconds { thread.kill.join }).to be < 10
    expect(cleaned).to be true
  end

  it "is ended by Thread#raise" do
    thread = Thread.new { control.info }
    thread.report_on_exception = false
    sleep 0.2
    thread.raise(ArgumentError, "enough")
    expect { thread.value }.to raise_error(ArgumentError, "enough")
  end

  {
    "no other Ruby thread" => "",
    "another thread asleep" => "Thread.new { sleep }; sleep 0.1; ",
    "another thread busy" => "Thread.new { loop {} }; ",
    "another thread in such a call" => "Thread.new { control.list }; sleep 0.1; "
  }.each do |circumstance, before|
    it "is ended by Ctrl-C with #{circumstance}" do
      output, took = interrupt("#{before}begin; puts :go; control.info; rescue Interrupt; puts :interrupted; end")
      expect(output).to eq "interrupted\n"
      expect(took).to be < 10
    end
  end

  it "continues when a trap handler takes the signal" do
    output, = interrupt("trap(:INT) { puts :trapped }; Thread.new { sleep 0.8; exit!(0) }; puts :go; control.info")
    expect(output).to eq "trapped\n"
  end

  it "holds back an exception that handle_interrupt defers" do
    error = Class.new(StandardError)
    log = []
    short = Litestream::Native::Control.new(@socket, 0.6)
    thread = Thread.new do
      Thread.handle_interrupt(error => :never) do
        short.info
      rescue Litestream::TimeoutError
        log << :ended_by_itself
      end
    rescue error
      log << :raised
    end
    sleep 0.2
    thread.raise(error)
    thread.join
    expect(log).to eq %i[ended_by_itself raised]
  end

  it "ends by its own timeout" do
    short = Litestream::Native::Control.new(@socket, 0.3)
    took = seconds { expect { short.info }.to raise_error(Litestream::TimeoutError) }
    expect(took).to be_between(0.25, 1.5)
  end

  it "leaves no thread behind" do
    short = Litestream::Native::Control.new(@socket, 0.05)
    threads = Dir["/proc/self/task/*"].size
    10.times { expect { short.info }.to raise_error(Litestream::TimeoutError) }
    # Ruby may start one of its own, once.
    expect(Dir["/proc/self/task/*"].size).to be <= threads + 1
  end

  it "may be made again in a forked process" do
    short = Litestream::Native::Control.new(@socket, 0.2)
    expect { short.info }.to raise_error(Litestream::TimeoutError)
    child = fork do
      short.info
    rescue Litestream::TimeoutError
      exit!(42)
    end
    expect(Process.wait2(child)[1].exitstatus).to eq 42
  end
end
