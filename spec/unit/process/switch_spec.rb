# frozen_string_literal: true

require "tmpdir"

RSpec.describe Litestream::Switch do
  around { |example| Dir.mktmpdir { |root| (@root = root) && example.run } }

  let(:configuration) { Litestream::Configuration.new(env: {}).tap { |settings| settings.root = @root } }
  let(:switch) { described_class.new(configuration) }
  let(:written) { [] }

  def keep(setting)
    configuration.enabled = setting
    configuration.switch = ->(on) { written << on }
  end

  it "writes the setting, and then has every process follow" do
    keep(-> { true })
    expect(switch).to be_kept
    expect(switch).to be_on
    switch.turn(false)
    expect([written, switch.on?, File.exist?(File.join(@root, "tmp/litestream.off"))]).to eq [[false], false, true]
    switch.turn(true)
    expect([written, switch.on?]).to eq [[false, true], true]
  end

  it "changes nothing where the setting cannot be written" do
    configuration.enabled = -> { true }
    configuration.switch = ->(_on) { raise "read-only" }
    expect { switch.turn(false) }.to raise_error("read-only")
    expect(switch).to be_on
  end

  it "is for applications that keep a setting" do
    [nil, true, -> { true }].each do |enabled|
      configuration.enabled = enabled
      expect(switch).not_to be_kept
      expect { switch.turn(false) }.to raise_error(Litestream::ConfigurationError, /config.litestream.switch/)
    end
    expect(switch).to be_on
  end

  it "follows the setting when the server starts" do
    keep(-> { false })
    switch.follow
    expect(switch).not_to be_on
    keep(-> { true })
    switch.follow
    expect(switch).to be_on
  end

  it "has replication on where there is no setting any more, or none yet" do
    [nil, -> {}].each do |setting|
      keep(-> { false })
      switch.follow
      configuration.enabled = setting
      switch.follow
      expect(switch).to be_on
    end
  end

  it "keeps the state where the setting cannot be read" do
    broken = -> { raise "database is locked" }
    keep(broken)
    expect { switch.follow }.to output(/replication stays on, since .*database is locked/).to_stderr
    expect(switch).to be_on
    keep(-> { false })
    switch.follow
    keep(broken)
    expect { switch.follow }.to output(/replication stays off/).to_stderr
    expect(switch).not_to be_on
  end

  it "lets no other process come between the setting and the state in effect" do
    keep(-> { sleep 0.3 })
    late = Thread.new { described_class.new(configuration).follow }
    sleep 0.1
    keep(-> { false })
    switch.turn(false)
    late.join
    expect(switch).not_to be_on
  end

  it "says which file cannot be written" do
    keep(-> { true })
    File.write(File.join(@root, "tmp"), "no folder")
    expect { switch.turn(false) }.to raise_error(Litestream::FileError, %r{/tmp})
  end
end
