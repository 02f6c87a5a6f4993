# frozen_string_literal: true

require_relative "../../ext/litestream/build/makefile"

# With other features cargo would compile a crate, and every crate above it, once for the tests and once more for `rake compile`.
RSpec.describe "the features of a development build" do
  # A line for each package.
  def features(*selection)
    tree = run!("cargo", "tree", "--locked", "--prefix", "none", "--format", "{p} {f}", *selection)
    tree.lines(chomp: true).map { |line| line.delete_suffix(" (*)") }
  end

  it "are those that cargo test selects" do
    expect(features(*Build::Makefile::DEVELOPMENT, "--edges", "no-dev") - features("--workspace")).to eq []
  end
end
