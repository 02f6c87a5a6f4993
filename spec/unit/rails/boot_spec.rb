# frozen_string_literal: true

require "litestream/rails/boot"

RSpec.describe Litestream::Boot do
  let(:configuration) { Litestream::Configuration.new(env: variables) }
  let(:variables) { {} }

  before do
    stub_const("Rails", Module.new)
    Rails.define_singleton_method(:env) { @env }
  end

  def in_environment(name) = Rails.instance_variable_set(:@env, Struct.new(:production?, :test?).new(name == "production", name == "test"))

  it "refuses to serve in production and names all that is missing" do
    in_environment("production")
    configuration.server = true

    expect { described_class.check_environment(configuration) }.to raise_error(Litestream::MissingEnvironmentError) do |error|
      expect(error.message).to include("LITESTREAM_REPLICA_BUCKET", "LITESTREAM_ACCESS_KEY_ID", "LITESTREAM_SECRET_ACCESS_KEY")
    end
  end

  it "lets a command in production pass" do
    in_environment("production")
    configuration.server = false

    expect { described_class.check_environment(configuration) }.not_to output.to_stderr
  end

  it "warns once in development, and replicates nothing" do
    in_environment("development")
    configuration.server = true

    expect { 2.times { described_class.check_environment(configuration) } }
      .to output(/\Alitestream: replication is disabled.*LITESTREAM_REPLICA_BUCKET.*\n\z/).to_stderr
    expect(described_class.serving?(configuration)).to be(false)
  end

  it "is quiet in tests, unless replication is asked for" do
    in_environment("test")
    configuration.server = true

    expect { described_class.check_environment(configuration) }.not_to output.to_stderr
    configuration.enabled = true
    expect { described_class.check_environment(configuration) }.to raise_error(Litestream::MissingEnvironmentError)
  end

  it "needs credentials only in production where a setting of the application decides" do
    in_environment("production")
    configuration.server = true
    configuration.enabled = -> { raise "too early" }
    expect { described_class.check_environment(configuration) }.to raise_error(Litestream::MissingEnvironmentError)
    in_environment("test")
    expect { described_class.check_environment(configuration) }.not_to output.to_stderr
    in_environment("development")
    expect { described_class.check_environment(configuration) }.to output(/is disabled/).to_stderr
  end

  it "is quiet where it is switched off" do
    in_environment("production")
    configuration.server = true
    configuration.enabled = false

    expect { described_class.check_environment(configuration) }.not_to output.to_stderr
    expect(described_class.serving?(configuration)).to be(false)
  end

  context "with config.litestream" do
    let(:app) do
      config = Struct.new(:litestream).new(settings)
      Struct.new(:config, :root).new(config, "/app")
    end
    let(:settings) { { replica_bucket: "mine" } }

    it "takes over what is set, and the root" do
      described_class.configure(app, configuration)

      expect(configuration).to have_attributes(replica_bucket: "mine", root: "/app")
    end

    it "refuses a setting that it does not know" do
      settings[:replica_buket] = "mine"

      expect { described_class.configure(app, configuration) }.to raise_error(Litestream::ConfigurationError, /replica_buket/)
    end
  end
end
