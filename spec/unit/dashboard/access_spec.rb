# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Dashboard::Access do
  def access(env = {}, **settings)
    configuration = Litestream::Configuration.new(env: env)
    settings.each { |name, value| configuration.public_send(:"#{name}=", value) }
    described_class.new(configuration)
  end

  it "is closed until something guards it" do
    expect(access.guard).to be_nil
    expect(access(username: "anna").guard).to be_nil
    expect(access({ "LITESTREAM_PASSWORD" => " " }).guard).to be_nil
  end

  it "takes a password before a base controller, and a constraint only where that is said" do
    expect(access({ "LITESTREAM_PASSWORD" => "x" }).guard).to eq("password")
    expect(access(base_controller_class: "Admin").guard).to eq("base_controller")
    expect(access(base_controller_class: "Admin", password: "x").guard).to eq("password")
    expect(access(dashboard_guard: :routes).guard).to eq("routes")
  end

  it "fails for a guard that is unknown or has nothing to guard with" do
    %w[passwrod password base_controller].each do |guard|
      expect { access(dashboard_guard: guard).guard }.to raise_error(Litestream::ConfigurationError, /dashboard_guard/)
    end
  end

  it "compares both name and password, in constant time" do
    guarded = access(username: "keeper", password: "sesame")
    expect(guarded.password?("keeper", "sesame")).to be true
    wrong = [%w[keeper wrong], %w[other sesame], ["keeper", nil], [nil, nil], ["keeper", ""]]
    expect(wrong.map { |name, password| guarded.password?(name, password) }).to all(be false)
    expect(access.password?(nil, nil)).to be false

    allow(OpenSSL).to receive(:secure_compare).and_call_original
    guarded.password?("wrong", "wrong")
    expect(OpenSSL).to have_received(:secure_compare).twice
  end
end
