# frozen_string_literal: true

require "litestream/cli/rake/command_line"

RSpec.describe Litestream::Tasks::CommandLine do
  it "takes what follows the separator" do
    expect(described_class.words(["litestream:restore", "--", "--database", "a.db"])).to eq(["--database", "a.db"])
    expect(described_class.words(["litestream:restore"])).to eq([])
  end

  it "strikes values from the list of tasks, where a task of ours runs" do
    argv = ["--", "--database", "a.db"]
    ours = ["litestream:restore", "a.db", "db:migrate"]
    others = ["db:migrate", "a.db"]
    [ours, others].each { |tasks| described_class.strike_from(tasks, argv) }

    expect(ours).to eq(["litestream:restore", "db:migrate"])
    expect(others).to eq(["db:migrate", "a.db"])
  end
end
