# frozen_string_literal: true

RSpec.describe Litestream::Configuration do
  def configuration(env = {})
    described_class.new(env: env)
  end

  it "prefers what is set, then the environment, then the default" do
    expect(configuration.replica_region).to eq "us-east-1"

    from_env = configuration("LITESTREAM_REPLICA_REGION" => "eu-central-1")
    expect(from_env.replica_region).to eq "eu-central-1"

    from_env.replica_region = "ap-south-1"
    expect(from_env.replica_region).to eq "ap-south-1"
  end

  it "takes blank for missing" do
    blank = configuration("LITESTREAM_REPLICA_BUCKET" => " ", "LITESTREAM_REPLICA_REGION" => "")
    blank.replica_bucket = ""
    expect(blank.replica_bucket).to be_nil
    expect(blank.replica_region).to eq "us-east-1"
  end

  it "reads the environment when asked, not when made" do
    env = {}
    late = configuration(env)
    env["LITESTREAM_REPLICA_BUCKET"] = "backups"
    expect(late.replica_bucket).to eq "backups"
  end

  it "resolves the replica's variables with the values set in Ruby in front, and leaves ENV alone" do
    set = configuration("LITESTREAM_REPLICA_BUCKET" => "from-env", "LITESTREAM_ACCESS_KEY_ID" => " ")
    set.replica_access_key = "s3cr3t"
    set.replica_endpoint = ""
    origins = set.environment.report.to_h { |line| [line["name"], line["origin"]] }
    expect(origins).to eq("LITESTREAM_REPLICA_BUCKET" => "environment", "LITESTREAM_ACCESS_KEY_ID" => "missing",
                          "LITESTREAM_SECRET_ACCESS_KEY" => "config.litestream", "LITESTREAM_REPLICA_REGION" => "default",
                          "LITESTREAM_REPLICA_ENDPOINT" => "missing")
    expect(ENV.keys.grep(/LITESTREAM_SECRET/)).to be_empty
  end

  it "names every missing variable in one error" do
    expect { configuration("LITESTREAM_ACCESS_KEY_ID" => "AKID").environment.require! }
      .to raise_error(Litestream::MissingEnvironmentError) { |error|
        expect(error.names).to eq %w[LITESTREAM_REPLICA_BUCKET LITESTREAM_SECRET_ACCESS_KEY]
        expect(error.message).to include(*error.names)
      }
    complete = configuration("LITESTREAM_REPLICA_BUCKET" => "b", "LITESTREAM_ACCESS_KEY_ID" => "k", "LITESTREAM_SECRET_ACCESS_KEY" => "s")
    expect(complete.environment.require!).to be true
  end

  it "passes over variables that are no Unicode" do
    expect(configuration("BINARY" => "\xFF".b, "LITESTREAM_REPLICA_BUCKET" => "b").environment.missing.size).to eq 2
  end

  it "finds litestream.yml below its root" do
    set = configuration
    set.root = "/srv/app"
    expect(set.absolute_config_path).to eq "/srv/app/config/litestream.yml"
    set.config_path = "/etc/litestream.yml"
    expect(set.absolute_config_path).to eq "/etc/litestream.yml"
  end

  it "prints no secret" do
    set = configuration("LITESTREAM_ACCESS_KEY_ID" => "AKIDEXAMPLE", "LITESTREAM_PASSWORD" => "hunter2")
    set.replica_access_key = "s3cr3t"
    secrets = /AKIDEXAMPLE|hunter2|s3cr3t/
    expect(set.inspect).not_to match(secrets)
    expect(set.to_s).not_to match(secrets)
    expect { pp set }.not_to output(secrets).to_stdout
    expect(set.inspect).to include("replica_access_key=[redacted]", "replica_bucket=nil")
  end
end
