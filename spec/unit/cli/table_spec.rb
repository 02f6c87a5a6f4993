# frozen_string_literal: true

require "litestream/cli/rake/table"

RSpec.describe Litestream::Tasks::Table do
  it "aligns the columns under their names" do
    text = described_class.new([{ "path" => "a.db", "txid" => 1 }, { "path" => "long.db", "txid" => 22 }]).to_s

    expect(text).to eq("path     txid\na.db     1\nlong.db  22")
  end

  it "has a column for what only some rows have" do
    text = described_class.new([{ "path" => "a" }, { "path" => "b", "error" => "gone" }]).to_s

    expect(text.lines.map(&:rstrip)).to eq(["path  error", "a", "b     gone"])
  end

  it "is empty without rows" do
    expect(described_class.new([]).to_s).to eq("")
  end
end
