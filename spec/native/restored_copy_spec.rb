# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Dashboard::RestoredCopy do
  include_context "with a replicated database"

  def database = Litestream::Database.all.first

  def ended(copy)
    200.times { (found = described_class.find(database, copy.id)).running? ? sleep(0.05) : (return found) }
  end

  # No file of this process may hold a byte.
  def without_room
    signal = trap("XFSZ", "IGNORE")
    before = Process.getrlimit(:FSIZE)
    Process.setrlimit(:FSIZE, 0, before.last)
    yield
  ensure
    Process.setrlimit(:FSIZE, *before)
    trap("XFSZ", signal)
  end

  before do
    site.sql("INSERT INTO notes VALUES ('kept')")
    site.start
    @txid = format("%016x", database.sync!.txid)
  end

  it "restores beside the database, which it does not touch, and is seen by every process" do
    copy = ended(described_class.start(database, @txid))

    expect(copy).to have_attributes(state: "done", txid: @txid, bytes: File.size(copy.path), message: nil)
    expect(File.dirname(copy.path)).to eq(site.path("storage/restored"))
    expect(site.sql("SELECT * FROM notes", file: copy.path)).to eq("kept\n")
    expect(File.stat(site.path("storage/restored")).mode & 0o777).to eq(0o700)
    expect(described_class.recent(database).map(&:id)).to eq([copy.id])
  end

  it "closes a folder that other users could enter" do
    FileUtils.mkdir_p(site.path("storage/restored"))
    File.chmod(0o755, site.path("storage/restored"))
    ended(described_class.start(database, @txid))

    expect(File.stat(site.path("storage/restored")).mode & 0o777).to eq(0o700)
    expect(Dir.glob(site.path("storage/restored/.*.json")).map { |file| File.stat(file).mode & 0o777 }).to eq([0o600])
  end

  it "says why a copy could not be restored, and leaves nothing" do
    copy = ended(described_class.start(database, "00000000000fffff"))

    expect(copy).to have_attributes(state: "failed", message: /fffff/)
    expect(Dir.glob(site.path("storage/restored/*"))).to be_empty
  end

  it "says which folder it cannot use, or which file" do
    File.write(site.path("storage"), "")
    folder = site.path("storage/restored")

    expect { described_class.start(database, @txid) }.to raise_error(Litestream::FileError, /#{folder}.*: Not a directory/)
    expect { described_class.recent(database) }.to raise_error(Litestream::FileError, /#{folder}: Not a directory/)
    expect { described_class.find(database, "0") }.to raise_error(Litestream::FileError)
    File.delete(site.path("storage"))
    expect(ended(described_class.start(database, @txid)).state).to eq("done")
    state = Dir.glob(site.path("storage/restored/.*.json")).first
    File.delete(state)
    Dir.mkdir(state)
    expect { described_class.recent(database).first.state }.to raise_error(Litestream::FileError, /#{Regexp.escape(state)}: Is a directory/)
  end

  it "leaves nothing of a state that could not be written" do
    FileUtils.mkdir_p(site.path("storage/restored"))

    without_room { expect { described_class.start(database, @txid) }.to raise_error(Litestream::FileError, /json: File too large/) }
    expect(Dir.children(site.path("storage/restored"))).to be_empty
  end

  it "knows that the process that restored has ended" do
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
