# frozen_string_literal: true

require "spec_helper"

RSpec.describe "A Rails app that lost its disk", :integration do
  it "comes back with every row that the store had acknowledged" do
    server = boot
    acknowledged = Array.new(20) { |number| server.write("note #{number}", durable: number == 19) }
    app.rails!("runner", "Litestream.verify!('storage/production.sqlite3')")
    server.write("perhaps lost")

    server.kill_everything
    app.lose_disk
    app.rails!("litestream:restore", "--", "--database=storage/production.sqlite3")

    expect(boot.notes).to include(*acknowledged.map { |row| row.slice("id", "body") })
  end

  it "continues replication after its recovery, and can be restored again" do
    first = boot
    first.write("before", durable: true)
    first.kill_everything
    app.lose_disk
    app.rails!("litestream:restore", "--", "--database=primary")

    second = boot
    second.write("after", durable: true)
    app.rails!("litestream:verify")
    second.kill_everything
    app.lose_disk
    app.rails!("litestream:restore", "--", "-database", "primary")

    expect(boot.notes.map { |row| row.fetch("body") }).to eq(%w[before after])
  end

  it "has its last write in the store after SIGTERM, although no caller waited for it" do
    server = boot
    server.write("the last")
    server.stop
    app.lose_disk
    app.rails!("litestream:restore", "--", "--database=primary")

    expect(boot.notes.map { |row| row.fetch("body") }).to eq(["the last"])
  end

  it "comes back whole when a cluster dies in the middle of writing" do
    server = boot(workers: 2)
    server.await_replicator
    acknowledged = Queue.new
    writers = Array.new(4) { |number| write_until_killed(server, "writer #{number}", acknowledged) }
    poll("rows") { acknowledged.size > 100 }
    server.kill_everything
    writers.each(&:join)
    app.lose_disk
    app.rails!("litestream:restore", "--", "--database=primary")

    rows = Array.new(acknowledged.size) { acknowledged.pop.slice("id", "body") }
    expect(rows - boot.notes).to eq([])
  end
  def write_until_killed(server, body, acknowledged)
    Thread.new do
      loop { acknowledged << server.write(body, durable: true) }
    rescue Harness::Server::Refused, SystemCallError, IOError, Net::ReadTimeout
      nil
    end
  end
end
