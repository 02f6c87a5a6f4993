# frozen_string_literal: true

require "litestream/cli/rake/arguments"

RSpec.describe Litestream::Tasks::Arguments do
  def options(*words) = described_class.new(words).options

  it "reads a value in every form that people write" do
    ["--database=a.db", "-database=a.db"].each { |word| expect(options(word)).to eq(database: "a.db") }
    ["--database", "-database"].each { |word| expect(options(word, "a.db")).to eq(database: "a.db") }
  end

  it "keeps a value whole that holds an equals sign or begins with a dash" do
    expect(options("--database=a=b=c")).to eq(database: "a=b=c")
    expect(options("--database", "-a.db", "-o", "--b.db")).to eq(database: "-a.db", output: "--b.db")
  end

  it "knows -o, and flags without a value" do
    expect(options("-o", "x", "--if-db-not-exists", "-if-replica-exists", "--force", "--json"))
      .to eq(output: "x", if_db_not_exists: true, if_replica_exists: true, force: true, json: true)
  end

  it "refuses what it does not know, naming it" do
    { ["--databse=x"] => /--databse/, ["x.db"] => /"x\.db"/, ["--database"] => /--database needs a value/,
      ["--database="] => /needs a value/, ["--json=yes"] => /--json takes no value/ }.each do |words, message|
      expect { options(*words) }.to raise_error(described_class::Invalid, message)
    end
  end

  it "takes what follows the separator" do
    expect(described_class.of_command_line(["litestream:restore", "--", "--database", "a.db"]).options).to eq(database: "a.db")
    expect(described_class.of_command_line(["litestream:restore"]).options).to eq({})
  end

  it "strikes values from the list of tasks, where a task of ours runs" do
    argv = ["--", "--database", "a.db"]
    ours = ["litestream:restore", "a.db", "db:migrate"]
    others = ["db:migrate", "a.db"]
    [ours, others].each { |tasks| described_class.strike_from(tasks, argv) }

    expect(ours).to eq(["litestream:restore", "db:migrate"])
    expect(others).to eq(["db:migrate", "a.db"])
  end

  it "ends with the status of a wrong configuration" do
    expect(described_class::Invalid.new.exit_status).to eq(2)
  end
end
