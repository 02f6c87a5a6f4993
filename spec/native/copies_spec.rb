# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Dashboard::Copy do
  include_context "with a replicated database"

  def database = Litestream::Database.all.first

  def ended(copy)
    200.times { (found = described_class.find(database, copy.id)).running? ? sleep(0.05) : (return found) }
  end

  before do
    site.sql("INSERT INTO notes VALUES ('kept')")
    site.start
    @txid = format("%016x", database.sync!.fetch("txid"))
  end

  it "restores beside the database, which it does not touch, and tells every process" do
    copy = ended(described_class.start(database, @txid))

    expect(copy).to have_attributes(state: "done", txid: @txid, bytes: File.size(copy.path), message: nil)
    expect(File.dirname(copy.path)).to eq(site.path("storage/restored"))
    expect(site.sql("SELECT * FROM notes", file: copy.path)).to eq("kept\n")
    expect(File.stat(site.path("storage/restored")).mode & 0o777).to eq(0o700)
    expect(described_class.recent(database).map(&:id)).to eq([copy.id])
  end

  it "says why a copy could not be built, and leaves nothing" do
    copy = ended(described_class.start(database, "00000000000fffff"))

    expect(copy).to have_attributes(state: "failed", message: /fffff/)
    expect(Dir.glob(site.path("storage/restored/*"))).to be_empty
  end

  it "is done, not lost, where it ended while somebody looked" do
    copy = ended(described_class.start(database, @txid))
    state = Dir.glob(site.path("storage/restored/.*.json")).first
    done = File.read(state)
    File.write(state, done.sub('"done"', '"running"'))
    looking = described_class.find(database, copy.id)
    File.write(state, done)

    expect(looking.state).to eq("done")
  end

  it "knows that whoever restored is gone" do
    copy = ended(described_class.start(database, @txid))
    state = Dir.glob(site.path("storage/restored/.*.json")).first
    File.write(state, File.read(state).sub('"done"', '"running"'))

    expect(described_class.find(database, copy.id).state).to eq("lost")
    File.open(state) do |file|
      file.flock(File::LOCK_EX)
      expect(described_class.find(database, copy.id).state).to eq("running")
      expect { described_class.start(database, @txid) }.to raise_error(Litestream::ConflictError)
    end
  end
end
