# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"
require_relative "../../../app/helpers/litestream/dashboard_helper"

RSpec.describe Litestream::Dashboard do
  gigabyte = Litestream::Dashboard::Cost::GIGABYTE

  it "estimates the cost of a month: what is stored, and uploads at today's rate" do
    list = described_class::Cost::LIST
    cost = described_class::Cost.new(list, bytes: 10 * gigabyte, uploads: 1000, uptime: 86_400)
    expect(cost.storage).to be_within(1e-9).of(0.23)
    expect(cost.total).to be_within(1e-9).of(0.23 + (30 * 0.005))
    expect(described_class::Cost.new(list, bytes: 0, uploads: 100, uptime: 5)).to have_attributes(total: 0, requests: nil)
  end

  it "names a cost of storage only, while the rate of uploads is not known" do
    page = Object.new.extend(Litestream::DashboardHelper)
    page.define_singleton_method(:number_with_precision) { |number, precision:, **| format("%.#{precision}f", number) }
    month = lambda do |uptime|
      page.monthly(described_class::Cost.new(described_class::Cost::LIST, bytes: 100 * gigabyte, uploads: 0, uptime: uptime))
    end
    expect(month.call(86_400)).to eq("about $2.30 a month")
    expect(month.call(599)).to eq("about $2.30 a month for storage; upload costs appear after ten minutes")
  end

  it "uses the prices that are set, and names a setting that is no price" do
    settings = Litestream::Configuration.new(env: {})
    prices = -> { described_class::Cost::Prices.of(settings) }
    expect(prices.call).to be_list
    settings.storage_price = "0.006"
    settings.upload_price = 0
    expect(prices.call).to have_attributes(storage: 0.006, upload: 0.0, list?: false)
    expect(described_class::Cost.new(prices.call, bytes: 10 * gigabyte, uploads: 1000, uptime: 86_400).total).to be_within(1e-9).of(0.06)
    settings.storage_price = "cheap"
    expect { prices.call }.to raise_error(Litestream::ConfigurationError, /storage_price is "cheap"/)
  end

  it "draws the lag of an hour, newest at the right, on a scale of round values" do
    chart = described_class::LagChart.new([0, 20.0, 7.5], interval: 900)
    expect(chart.line).to eq("300.0,120.0 450.0,40.0 600.0,90.0")
    expect(chart.scale).to eq(30)
    expect(described_class::LagChart.new([0.2], interval: 10).scale).to eq(5)
    expect(described_class::LagChart.new([], interval: 10).area).to eq("")
  end

  it "reads a typed TXID, and refuses anything else" do
    expect(described_class::Preview.txid(" 1F ")).to eq("000000000000001f")
    ["", "0", "g", "../x", "1" * 17, nil].each do |text|
      expect { described_class::Preview.txid(text) }.to raise_error(Litestream::TargetUnavailableError)
    end
  end

  it "uses the application's language where that has the sentence, else English" do
    expect(Litestream::Translations.text("tiles.restarts", count: 1)).to eq("1 restart")
    expect(Litestream::Translations.text("tiles.restarts", count: 0)).to eq("0 restarts")
    I18n.available_locales = [:en]
    I18n.backend.store_translations(:en, litestream: { dashboard: { states: { safe: "Sicher" } } })
    expect(Litestream::Translations.text("states.safe")).to eq("Sicher")
  ensure
    I18n.available_locales = nil
    I18n.reload!
  end

  it "has a URL of its own for each content of an asset" do
    asset = described_class::Asset.new("dashboard.css")
    expect(described_class::Asset.find("dashboard.css", asset.digest).content).to eq(asset.content)
    expect(described_class::Asset.find("dashboard.css", "0" * 16)).to be_nil
    expect(described_class::Asset.find("../../helpers/litestream/dashboard_helper.rb", "")).to be_nil
  end
end
