# frozen_string_literal: true

require "litestream/cli/option_list"

# The executable's own help is the other side: a new option there must come to the rake task, too.
RSpec.describe Litestream::Commands::OptionList do
  # A task has its database by --database, its socket and log level from the configuration, always waits for the store, and
  # expands $VARIABLES as the application does.
  executable_only = %w[--help --socket --log-level --wait --no-expand-env]
  # An application has it as a key of litestream.yml.
  executable_only << "--restore-if-db-not-exists"
  # The executable hides an option that has no effect, and has its database as an argument.
  task_only = %w[--database --parallelism]

  def options_of_executable(command)
    help = run!(Litestream::Executable.native, command.to_s, "--help")
    help.scan(/^\s+(?:-\w, )?(--[a-z][a-z-]*)|^\s+(-\w) </).flatten.compact.map { |name| name == "-o" ? "--output" : name }
  end

  (described_class.commands - %i[prepare]).each do |command|
    it "has every option of `litestream #{command}`" do
      expected = options_of_executable(command)
      expect(expected).to include("--config").or eq(["--json", "--help"])
      listed = described_class.of_task(command).map(&:long)
      expect(listed - task_only).to match_array(expected - executable_only - (%w[--config] unless listed.include?("--config")).to_a)
    end
  end

  it "says for each command what it takes" do
    expect(described_class.usage(:ltx)).to eq("-- [--database=PATH_OR_NAME] [--level=LEVEL] [--config=PATH] [--json]")
  end
end
