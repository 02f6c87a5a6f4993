# frozen_string_literal: true

require "spec_helper"

RSpec.describe Litestream::Result do
  file = { "level" => 0, "min_txid" => "01", "max_txid" => "02", "size" => 7, "created" => "2026-01-01T00:00:00.5Z" }

  it "is read by name, as a method or like a hash, and leaves out what it does not know" do
    sync = Litestream::Sync.of("path" => "a.db", "status" => "synced", "txid" => 2, "replicated_txid" => 1, "news" => true)
    expect([sync.txid, sync["txid"], sync[:replicated_txid]]).to eq([2, 2, 1])
    expect(sync.to_h).to eq(path: "a.db", status: "synced", txid: 2, replicated_txid: 1)
    expect(Litestream::Restored.of("outcome" => "no_replica")).to have_attributes(restored?: false, path: nil)
  end

  it "has times as Time, and as RFC 3339 in JSON, also of files within" do
    plan = Litestream::RestorePlan.of("txid" => "02", "created" => file["created"], "bytes" => 7, "files" => [file])
    expect([plan.created, plan.files.first.created]).to all(eq(Time.utc(2026, 1, 1, 0, 0, 0.5)))
    text = { "txid" => "02", "created" => "2026-01-01T00:00:00.500Z", "bytes" => 7,
             "files" => [file.merge("created" => "2026-01-01T00:00:00.500Z")] }
    expect(plan.with_string_keys).to eq(text)
    expect(JSON.parse(JSON.pretty_generate([plan]))).to eq([text])
  end
end
