# frozen_string_literal: true

require "litestream/process/server_detection"

RSpec.describe Litestream::ServerDetection do
  it "sees no server in a process that only loads the application" do
    expect(described_class.loading?).to be(false)
  end

  it "sees rails server and puma by the classes that only they load" do
    %w[Rails::Server Puma::CLI].each do |name|
      stub_const(name, Class.new)
      expect(described_class.loading?).to be(true)
      hide_const(name)
    end
  end

  it "sees any other server by the config.ru that it evaluates" do
    expect(eval("described_class.loading?", binding, "/app/config.ru", 1)).to be(true) # rubocop:disable Style/EvalWithLocation
  end

  it "believes an explicit setting" do
    expect(described_class.loading?(true)).to be(true)
    stub_const("Puma::CLI", Class.new)
    expect(described_class.loading?(false)).to be(false)
  end
end
