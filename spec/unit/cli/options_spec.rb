# frozen_string_literal: true

require "litestream/cli/options"

RSpec.describe Litestream::Commands::Options do
  def parsed(*words, command: :restore) = described_class.parse(command, words).to_h

  def read(given) = described_class.read(:restore, given).to_h

  it "reads a value of the command line in every form that people write" do
    ["--database=a.db", "-database=a.db"].each { |word| expect(parsed(word)).to eq(database: "a.db") }
    ["--database", "-database"].each { |word| expect(parsed(word, "a.db")).to eq(database: "a.db") }
    expect(parsed("-o=a.db")).to eq(output: "a.db")
  end

  it "keeps a value whole that holds an equals sign or begins with a dash" do
    expect(parsed("--database=a=b=c")).to eq(database: "a=b=c")
    expect(parsed("--database", "-a.db", "-o", "--b.db")).to eq(database: "-a.db", output: "--b.db")
    expect(parsed("--database", "--json", "--json")).to eq(database: "--json", json: true)
  end

  it "knows -o, and flags without a value" do
    expect(parsed("-o", "x", "--if-db-not-exists", "-if-replica-exists", "--force", "--json"))
      .to eq(output: "x", if_db_not_exists: true, if_replica_exists: true, force: true, json: true)
  end

  it "refuses on the command line what it does not know, naming it, and never its value" do
    { ["--databse=x"] => /--databse: known are --database, /, ["x.db"] => /"x\.db"/, ["--database"] => /--database needs a value/,
      ["--database="] => /--database needs a value/, ["--json=yes"] => /--json takes no value/, ["-x"] => /-x/ }.each do |words, message|
      expect { parsed(*words) }.to raise_error(Litestream::Commands::InvalidOption, message)
    end
    expect { parsed("--secret=abc") }.to raise_error(Litestream::Commands::InvalidOption, /\A((?!abc).)*\z/)
    expect { parsed("--dat=x") }.to raise_error(Litestream::Commands::InvalidOption, /--dat:/)
    expect { parsed("--txid=1", command: :sync) }.to raise_error(Litestream::Commands::InvalidOption, /--txid: known are --database/)
  end

  it "prints the options of a task" do
    ["--help", "-h", "-help"].each do |word|
      expect { expect { parsed(word, command: :ltx) }.to raise_error(SystemExit) }.to output(/--level=LEVEL +0 to 9, or all/).to_stdout
    end
    expect { parsed("--version") }.to raise_error(Litestream::Commands::InvalidOption)
  end

  it "reads every spelling of a method's options" do
    expected = { output: "a.db", if_replica_exists: true }
    expect(read("-o" => "a.db", "--if-replica-exists" => nil)).to eq expected
    expect(read("-output" => "a.db", "-if-replica-exists" => "true")).to eq expected
    expect(read(output: "a.db", if_replica_exists: true)).to eq expected
  end

  it "leaves a flag out that is off" do
    expect(read(if_replica_exists: false)).to eq({})
    expect(read("-if-replica-exists" => "false")).to eq({})
  end

  it "names an option that a method does not know, and those it does" do
    expect { read("--outptu" => "x") }
      .to raise_error(Litestream::ConfigurationError, /unknown option --outptu for restore; known are --output, .*--if-replica-exists/)
    expect { read(database: "x") }.to raise_error(Litestream::ConfigurationError, /unknown option database/)
  end

  it "refuses a value without a value and a flag with one" do
    expect { read("-o" => nil) }.to raise_error(Litestream::ConfigurationError, /-o of restore needs a value/)
    expect { read(if_replica_exists: "perhaps") }.to raise_error(Litestream::ConfigurationError, /takes no value/)
  end

  it "reads seconds, and refuses what is no number" do
    expect(described_class.parse(:sync, ["--timeout=2.5"]).seconds(:timeout, 30)).to eq(2.5)
    expect(described_class.parse(:sync, []).seconds(:timeout, 30)).to eq(30.0)
    expect { described_class.parse(:sync, ["--timeout=soon"]).seconds(:timeout, 30) }
      .to raise_error(Litestream::Commands::InvalidOption, /timeout must be a number of seconds, got "soon"/)
  end

  it "ends a task with the status of a wrong configuration" do
    expect(Litestream::Commands::InvalidOption.new.exit_status).to eq(2)
  end
end
