# frozen_string_literal: true

require "litestream/cli/options"

RSpec.describe Litestream::Commands::Options do
  def options(given)
    described_class.new("restore", given, { output: :value, if_replica_exists: :flag, txid: :value }).to_h
  end

  it "reads every spelling" do
    expected = { output: "a.db", if_replica_exists: true }
    expect(options("-o" => "a.db", "--if-replica-exists" => nil)).to eq expected
    expect(options("-output" => "a.db", "-if-replica-exists" => "true")).to eq expected
    expect(options(output: "a.db", if_replica_exists: true)).to eq expected
  end

  it "leaves a flag out that is off" do
    expect(options(if_replica_exists: false)).to eq({})
    expect(options("-if-replica-exists" => "false")).to eq({})
  end

  it "names an option it does not know, and those it does" do
    expect { options("--outptu" => "x") }
      .to raise_error(Litestream::ConfigurationError, /unknown option --outptu for restore; known are --output, --if-replica-exists/)
  end

  it "refuses a value without a value and a flag with one" do
    expect { options("-o" => nil) }.to raise_error(Litestream::ConfigurationError, /-o of restore needs a value/)
    expect { options(if_replica_exists: "perhaps") }.to raise_error(Litestream::ConfigurationError, /takes no value/)
  end
end
