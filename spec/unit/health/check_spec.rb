# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Health::Check do
  verdict = ->(state, reason = state) { Litestream::Health::Verdict.new(state, reason) }

  def ok?(verdict) = described_class.new(instance_double(Litestream::Health::Overview, verdict: verdict)).ok?

  it "is well while everything is in the store, or will be within the limit" do
    expect(ok?(verdict.call(:safe))).to be true
    expect(ok?(verdict.call(:behind))).to be true
  end

  it "is not known, which is not well either, where the control socket is disabled" do
    expect(ok?(verdict.call(:unknown, :not_askable))).to be_nil
  end

  it "is not well where something fails, or is not replicated at all" do
    expect(ok?(verdict.call(:failing))).to be false
    %i[disabled switched_off missing_variables no_databases no_database].each do |reason|
      expect(ok?(verdict.call(:off, reason))).to be false
    end
  end
end
