# frozen_string_literal: true

require "spec_helper"
require "tmpdir"
require "litestream/background/run"

RSpec.describe Litestream::Background::Run do
  around { |example| Dir.mktmpdir { |dir| @path = File.join(dir, "state", "run.json") and example.run } }

  let(:run) { described_class.new(@path) }

  def begun(fields = { "n" => 1 }) = described_class.new(@path).tap { |other| expect(other.claim { fields }).to be true }

  it "knows nothing where nothing was written, or not all of it" do
    expect(run.state).to have_attributes(fields: {}, under_way: false)
    FileUtils.mkdir_p(File.dirname(@path))
    ["", "{torn", "[1]"].each do |text|
      File.write(@path, text)
      expect(run.state).to have_attributes(fields: {}, under_way: false)
    end
  end

  it "is under way while its process holds the lock, and keeps the last word" do
    held = begun("n" => 1)
    expect(run.state).to have_attributes(fields: a_hash_including("n" => 1), under_way: true)
    expect(run.claim { raise "not asked" }).to be false
    held.update(n: 2, done: true)
    held.release
    expect(run.state).to have_attributes(fields: a_hash_including("n" => 2, "done" => true), under_way: false)
    expect(run.claim { |before| { "after" => before["n"] } }).to be true
    expect(run.state.fields).to include("after" => 2)
  end

  it "leaves the file as it was where the work is not to begin" do
    begun.release
    before = File.read(@path)
    expect(run.claim { nil }).to be false
    expect(File.read(@path)).to eq(before)
  end

  it "is open to its own user only, also where another file was there before" do
    begun.release
    File.chmod(0o644, @path)
    begun.release
    expect([@path, File.dirname(@path)].map { |path| File.stat(path).mode & 0o777 }).to eq([0o600, 0o700])
  end

  it "never looks ended to a reader before its last word can be read" do
    ends = Queue.new
    writer = Thread.new do
      200.times do
        held = described_class.new(@path)
        Thread.pass until held.claim { { "state" => "running" } }
        held.update(state: "done")
        held.release
      end
      ends << true
    end
    contradictions = 0
    while ends.empty?
      seen = run.state
      contradictions += 1 if seen.fields["state"] == "running" && !seen.under_way
    end
    writer.join
    expect(contradictions).to eq(0)
  end

  it "is not held by a process that was forked from the one that did the work" do
    reader, writer = IO.pipe
    worker = fork do
      held = begun
      orphan = fork { sleep 60 }
      writer.puts(orphan)
      held.equal?(nil)
      exit!(0)
    end
    Process.wait(worker)
    orphan = reader.gets.to_i
    expect(run.state).to have_attributes(fields: a_hash_including("n" => 1), under_way: false)
    expect(run.claim { { "n" => 2 } }).to be true
  ensure
    Process.kill("KILL", orphan) if orphan
  end
end
