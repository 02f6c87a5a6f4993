# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Dashboard::Health do
  verdict = ->(state, reason = state) { Litestream::Dashboard::Verdict.new(state, reason) }

  def ok?(verdict, lag: 0.0)
    seen = instance_double(Litestream::Dashboard::Observation, verdict: verdict, lag: lag)
    described_class.new(seen).ok?
  end

  it "is well while everything is in the store, or will be in a moment" do
    expect(ok?(verdict.call(:safe))).to be true
    expect(ok?(verdict.call(:behind), lag: 59.0)).to be true
  end

  it "is not well where something fails, takes a minute, or is not replicated at all" do
    expect(ok?(verdict.call(:failing))).to be false
    expect(ok?(verdict.call(:behind), lag: 60.0)).to be false
    %i[disabled missing_variables no_databases no_database].each { |reason| expect(ok?(verdict.call(:off, reason))).to be false }
  end
end
