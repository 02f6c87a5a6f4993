# frozen_string_literal: true

require "spec_helper"
require "litestream/background/pool"

RSpec.describe Litestream::Background::Pool do
  let(:pool) { described_class.new(threads: 2, name: "pool spec") }

  it "does as much at once as it has threads, and everything in the end" do
    mutex = Mutex.new
    done = Queue.new
    most = now = 0
    10.times do
      pool.post do
        mutex.synchronize { most = [most, now += 1].max }
        sleep 0.01
        mutex.synchronize { now -= 1 }
        done << true
        raise "a failure of one piece of work is none of the next"
      end
    end
    10.times { done.pop }
    expect(most).to eq 2
  end

  it "works on in a process that was forked while it was busy" do
    go_on = Queue.new
    busy = Queue.new
    2.times { pool.post { (busy << true) && go_on.pop } }
    2.times { busy.pop }
    reader, writer = IO.pipe
    child = fork do
      pool.post { writer.write("done") && writer.close }
      sleep 10
      exit!(1)
    end
    writer.close
    expect(reader.wait_readable(10) && reader.read_nonblock(4)).to eq("done")
  ensure
    2.times { go_on << true }
    Process.kill("KILL", child)
    Process.wait(child)
  end

  it "has no thread before there is work" do
    before = Thread.list
    pool
    expect(Thread.list - before).to eq([])
  end
end
