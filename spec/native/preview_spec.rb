# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Dashboard::Preview do
  include_context "with a replicated database"

  let(:report) { Litestream::Health::Overview.take(site.configuration, listings: Litestream::Health::ListingCache.new).reports.first }

  def write(body)
    site.sql("INSERT INTO notes VALUES ('#{body}')")
    txid = format("%016x", report.database.sync!.txid)
    [txid, report.database.inventory.states.find { |state| state.txid == txid }.at]
  end

  def of(time) = described_class.new(report, target: "time", time: time)

  before { site.start }

  it "takes a time for its whole second, as pages show it, and to the millisecond where that is typed" do
    txid, at = write("kept")

    expect(of(at.utc.strftime("%F %T")).plan).to have_attributes(txid: txid)
    expect(of(at.utc.strftime("%FT%T.%LZ")).plan).to have_attributes(txid: txid)
    expect(of((at - 0.001).utc.strftime("%FT%T.%LZ")).plan&.txid).not_to eq(txid)
    expect(of((at - 1).utc.strftime("%F %T")).plan&.txid).not_to eq(txid)
  end

  it "knows a state that is newer than what the page was made from" do
    write("one")
    report.listing
    txid, at = write("two")

    expect(of(at.utc.iso8601(3)).plan).to have_attributes(txid: txid)
  end

  it "has the typed moment for a script" do
    expect(of("2026-01-31 13:45").moment).to eq(Time.utc(2026, 1, 31, 13, 45))
    expect(of("2026-01-31T13:45:10+05:30").moment).to eq(Time.utc(2026, 1, 31, 8, 15, 10))
    expect(of("2026-02-31 13:45")).to have_attributes(moment: nil, plan: nil, problem: /not valid/)
    expect(of(nil)).to have_attributes(moment: nil, problem: /not valid/)
  end
end
