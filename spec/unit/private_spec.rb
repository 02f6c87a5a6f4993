# frozen_string_literal: true

require "tmpdir"

# A local user who may read a lock file may lock it.
RSpec.describe "files and folders of our own" do
  let(:folder) { Dir.mktmpdir }
  let(:configuration) { Litestream::Configuration.new(env: {}).tap { |configuration| configuration.root = folder } }

  after { FileUtils.remove_entry(folder) }

  def mode(name) = File.stat(File.join(folder, name)).mode & 0o777

  def under(umask)
    before = File.umask(umask)
    yield
  ensure
    File.umask(before)
  end

  def verify
    run = Litestream::Verifications::Slot.new(File.join(folder, ".app.sqlite3-litestream"))
    run.take("one")
    run.release
  end

  def switch_off
    configuration.enabled = -> { false }
    Litestream::Switch.new(configuration).follow
  end

  [0o000, 0o022].each do |umask|
    it "are for their owner alone under umask #{format("%03o", umask)}" do
      under(umask) do
        verify
        switch_off
      end

      expect(mode(".app.sqlite3-litestream")).to eq 0o700
      expect([".app.sqlite3-litestream/verification.json", "tmp/litestream.off", "tmp/litestream.switch"].map { |name| mode(name) })
        .to all eq(0o600)
    end
  end

  it "are closed where they were open" do
    names = [".app.sqlite3-litestream/verification.json", "tmp/litestream.off", "tmp/litestream.switch"]
    names.each do |name|
      path = File.join(folder, name)
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, "")
      File.chmod(0o666, path)
    end
    verify
    switch_off

    expect(names.map { |name| mode(name) }).to all eq(0o600)
  end

  it "say what stands in their place" do
    FileUtils.touch(File.join(folder, "file"))

    expect { Litestream::Private.create_folder(File.join(folder, "file")) }.to raise_error(Errno::ENOTDIR)
  end
end
