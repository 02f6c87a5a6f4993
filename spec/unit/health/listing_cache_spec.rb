# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Health::ListingCache do
  store = Struct.new(:path, :work) do
    def inventory = work.call
  end

  def found(number, points: 1)
    file = { "level" => 0, "min_txid" => "1", "max_txid" => "1", "size" => 1, "created" => "2026-01-01T00:00:00Z" }
    Litestream::Inventory.new("files" => [file] * number, "points" => [{ "txid" => "1", "at" => file["created"] }].first(points),
                              "generations" => [])
  end

  let(:listings) { described_class.new }

  def seconds
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
  end

  it "lists once, and answers from memory while that is fresh" do
    asked = Queue.new
    database = store.new("/a", -> { asked << 1 && found(0) })
    entries = Array.new(3) { listings.of([database]).fetch("/a") }

    expect(entries.map { |entry| entry.inventory.files }).to all(eq([]))
    expect(asked.size).to eq(1)
    listings.expire(database)
    listings.of([database])
    expect(asked.size).to eq(2)
  end

  it "disregards an answer that was under way when something changed" do
    begun = Queue.new
    go_on = Queue.new
    answers = [-> { (begun << 1) && go_on.pop && found(1) }, -> { found(2) }]
    database = store.new("/a", -> { answers.shift.call })
    looking = Thread.new { listings.of([database]).fetch("/a") }
    begun.pop
    listings.expire(database)
    go_on << true

    expect(looking.value.inventory.files.size).to eq(2)
    expect(answers).to be_empty
  end

  it "waits for all stores together, however many are slow, and lists a few at a time" do
    running = Queue.new
    most = 0
    slow = Array.new(12) do |number|
      store.new("/slow#{number}", lambda {
        most = [most, (running << 1).size].max
        sleep 20
      })
    end
    quick = store.new("/quick", -> { found(1) })

    entries = nil
    expect(seconds { entries = listings.of([quick, *slow]) }).to be_between(1.5, 4)
    expect(entries.fetch("/quick").inventory.files.size).to eq(1)
    expect(entries.fetch("/slow3")).to have_attributes(inventory: nil, error: nil, awaited: true)
    expect(most).to be <= 4
  end

  it "asks sooner again where there is a gap" do
    answers = [-> { found(1, points: 0) }, -> { found(2) }]
    database = store.new("/a", -> { answers.shift.call })
    stub_const("#{described_class}::RETRY", -1)
    expect(listings.of([database]).fetch("/a").inventory).to be_unreachable

    100.times { listings.of([database]).fetch("/a").inventory.files.size == 2 ? break : sleep(0.01) }
    expect(answers).to be_empty
  end

  it "remembers the replicator's report from before the listing" do
    database = store.new("/a", -> { found(1) })
    expect(listings.of([database], "/a" => "1").fetch("/a")).to have_attributes(claimed: "1", short?: false)
    expect(listings.of([database], "/a" => "2").fetch("/a")).to have_attributes(claimed: "1", short?: false)
    listings.expire(database)
    expect(listings.of([database], "/a" => "2").fetch("/a")).to have_attributes(claimed: "2", short?: true)
  end

  it "asks sooner again where something is missing" do
    asked = Queue.new
    database = store.new("/a", -> { asked << 1 && found(1) })
    stub_const("#{described_class}::RETRY", -1)
    listings.of([database], "/a" => "1")
    expect { listings.of([database], "/a" => "1") }.not_to(change(asked, :size))
    listings.expire(database)
    listings.of([database], "/a" => "2")
    100.times { asked.size > 2 ? break : (listings.of([database], "/a" => "2") && sleep(0.01)) }
    expect(asked.size).to be > 2
  end

  it "lists any number of replicas, each the less often the more there are" do
    asked = Queue.new
    clock = 0.0
    allow(Process).to receive(:clock_gettime).and_call_original
    allow(Process).to receive(:clock_gettime).with(Process::CLOCK_MONOTONIC) { clock }
    databases = Array.new(40) { |number| store.new("/#{number}", -> { asked << 1 && found(1) }) }
    expect(listings.of(databases).values.map { |entry| entry.inventory.files.size }).to eq([1] * 40)
    clock = 100.0
    listings.of(databases)
    expect([asked.size, listings.of(databases.first(1)).size]).to eq([40, 1])
    100.times { asked.size > 40 ? break : sleep(0.01) }
    expect(asked.size).to eq(41)
  end

  it "does not make one database wait for all others" do
    go_on = Queue.new
    begun = Queue.new
    others = Array.new(30) { |number| store.new("/#{number}", -> { (begun << 1) && go_on.pop && found(1) }) }
    wanted = store.new("/wanted", -> { found(1) })
    stub_const("#{described_class}::PAGE_TIMEOUT", 0.0)
    expect(listings.of([*others, wanted]).fetch("/wanted")).to have_attributes(inventory: nil, awaited: true)
    4.times { begun.pop }
    listings.of([wanted])
    stub_const("#{described_class}::PAGE_TIMEOUT", 20.0)
    go_on << true
    expect(listings.of([wanted]).fetch("/wanted").inventory.files.size).to eq(1)
  ensure
    30.times { go_on << true }
  end

  it "keeps what it knew where a store fails, beside the failure" do
    answers = [-> { found(1) }, -> { raise Litestream::UnreachableError, "no answer" }]
    database = store.new("/a", -> { answers.shift.call })
    listings.of([database])
    stub_const("#{described_class}::FRESH", -1)

    entry = nil
    100.times { (entry = listings.of([database]).fetch("/a")).error ? break : sleep(0.01) }
    expect(entry.inventory.files.size).to eq(1)
    expect(entry.error.message).to eq("no answer")
  end
end
