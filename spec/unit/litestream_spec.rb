# frozen_string_literal: true

RSpec.describe Litestream do
  around do |example|
    before = described_class.configuration
    described_class.configuration = Litestream::Configuration.new(env: {})
    example.run
  ensure
    described_class.configuration = before
  end

  it "still has configure, with a deprecation" do
    expect { described_class.configure { |config| config.replica_bucket = "backups" } }
      .to output(/litestream_spec\.rb.*Litestream\.configure is deprecated/).to_stderr
    expect(described_class.configuration.replica_bucket).to eq "backups"
  end

  it "announces what it does where ActiveSupport::Notifications is loaded" do
    notifications = class_double("ActiveSupport::Notifications").as_stubbed_const
    allow(notifications).to receive(:instrument).with("sync.litestream", { path: "a" }).and_yield
    expect(described_class.instrument(:sync, path: "a") { :done }).to be :done
  end
end
