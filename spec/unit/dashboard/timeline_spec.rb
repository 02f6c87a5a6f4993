# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Dashboard::Timeline do
  now = Time.utc(2026, 1, 2, 12)

  def txid(number) = format("%016x", number)

  def read(found) = Litestream::Inventory.new(found)

  # files: [level, min, max, seconds ago]
  def inventory(now, files, runs: [[files.first[2], files.last[2]]], points: files.map { |file| file[2] }.uniq)
    rows = files.map do |level, min, max, ago|
      { "level" => level, "min_txid" => txid(min), "max_txid" => txid(max), "size" => 10, "created" => (now - ago).iso8601 }
    end
    at = files.to_h { |file| [file[2], now - file[3]] }
    read("files" => rows, "points" => points.map { |point| { "txid" => txid(point), "at" => at.fetch(point).iso8601 } },
         "generations" => runs.map { |first, last| { "start_txid" => txid(first), "end_txid" => txid(last) } })
  end

  it "places states along the time, the newest at their time before now" do
    timeline = described_class.new(inventory(now, [[9, 1, 1, 1000], [0, 2, 2, 500], [0, 3, 3, 250]]), now: now)

    expect(timeline.marks.map { |mark| [mark.x, mark.txid] }).to eq([[0.0, txid(1)], [500.0, txid(2)], [750.0, txid(3)]])
    expect(timeline.runs.map(&:to_a)).to eq([[0.0, 750.0]])
    expect(timeline.lanes.map { |lane| [lane.level, lane.files, lane.bytes] }).to eq([[9, 1, 10], [0, 2, 20]])
    expect(timeline.gaps).to eq([])
  end

  it "draws a merged file from the state before it to its own" do
    timeline = described_class.new(inventory(now, [[9, 1, 1, 1000], [1, 2, 9, 600]]), now: now)

    expect(timeline.lanes.last.bars.map(&:to_a)).to eq([[0.0, 400.0]])
  end

  it "shows a gap between runs, and one behind the last state that can be restored" do
    files = [[9, 1, 1, 1000], [0, 2, 2, 800], [9, 1, 9, 400], [0, 12, 12, 100]]
    broken = inventory(now, files, runs: [[1, 2], [9, 9]], points: [1, 2, 9])

    expect(described_class.new(broken, now: now).gaps.map(&:to_a)).to eq([[200.0, 600.0], [600.0, 1000]])
    expect(broken.unreachable?).to be true
  end

  it "does not grow with the number of files" do
    files = Array.new(5000) { |number| [0, number + 2, number + 2, 5000 - number] }.unshift([9, 1, 1, 5001])
    timeline = described_class.new(inventory(now, files), now: now)

    expect(timeline.marks.size).to be <= described_class::MARKS + 1
    expect(timeline.marks.last.txid).to eq(txid(5001))
    expect(timeline.lanes.last.bars.size).to be < 200
  end

  it "has round times in a window, and says when that has nothing" do
    found = inventory(now, [[9, 1, 1, 90_000]])
    ticks = ->(window) { described_class.new(found, now: now, window: window).ticks.map { |tick| now - tick.at } }

    expect(ticks.call("hour")).to eq([3600, 3000, 2400, 1800, 1200, 600, 0])
    expect(ticks.call("week").each_cons(2).map { |earlier, later| earlier - later }.uniq).to eq([86_400])
    expect(%w[hour day week].map { |window| described_class.new(found, now: now, window: window).quiet? }).to eq([true, true, false])
    expect(described_class.new(found, now: now).quiet?).to be false
  end

  it "leaves out what lies before its window" do
    timeline = described_class.new(inventory(now, [[9, 1, 1, 90_000], [0, 2, 2, 1800]]), now: now, window: "hour")

    expect(timeline.marks.map { |mark| [mark.x, mark.txid] }).to eq([[500.0, txid(2)]])
    expect(timeline.lanes.map { |lane| lane.bars.size }).to eq([0, 1])
  end

  it "is empty where nothing was replicated" do
    timeline = described_class.new(read("files" => [], "points" => [], "generations" => []), now: now)

    expect([timeline.empty?, timeline.gaps, timeline.marks, timeline.runs, timeline.lanes]).to eq([true, [], [], [], []])
  end
end
