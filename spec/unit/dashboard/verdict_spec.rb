# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Dashboard::Verdict do
  dashboard = Litestream::Dashboard
  database = Struct.new(:path, :sync_interval)

  # `databases`: what the replicator tells of each; nil: no replicator answers.
  def observation(databases, enabled: nil, sync_interval: 1.0)
    paths = (databases || [{}]).each_index.map { |index| "/srv/#{index}.sqlite3" }
    healthy = { "phase" => "replicating", "txid" => 9, "replicated_txid" => 9 }
    told = databases&.zip(paths)&.map { |fields, path| { "path" => path, **healthy, **fields } }
    telemetry = Litestream::Dashboard::Telemetry.new(answer: told && { "databases" => told })
    configuration = Litestream::Configuration.new(env: complete).tap { |settings| settings.enabled = enabled }
    listings = instance_double(Litestream::Dashboard::Listings, of: {})
    known = paths.map { |path| database_at(path, sync_interval) }
    Litestream::Dashboard::Observation.new(configuration, databases: known, telemetry: telemetry, listings: listings)
  end

  def complete = %w[LITESTREAM_REPLICA_BUCKET LITESTREAM_ACCESS_KEY_ID LITESTREAM_SECRET_ACCESS_KEY].to_h { |name| [name, "x"] }

  define_method(:database_at) { |path, sync_interval| database.new(path, sync_interval) }

  before { allow(Litestream::Verifications).to receive(:recent).and_return([]) }

  def verdict(*databases, **options) = observation(databases, **options).verdict.then { |found| [found.state, found.reason] }

  it "is safe where the store has everything" do
    expect(verdict({})).to eq(%i[safe safe])
    expect(verdict({ "lag_seconds" => 10.0 })).to eq(%i[safe safe])
    expect(verdict({ "lag_seconds" => 39.0 }, sync_interval: 30.0)).to eq(%i[safe safe])
    expect(verdict({ "txid" => 0, "replicated_txid" => 0 })).to eq(%i[safe nothing_yet])
    expect(verdict({}, {})).to eq(%i[safe all_safe])
  end

  it "is behind while it lasts, and failing when it lasts too long" do
    expect(verdict({ "lag_seconds" => 11.0 })).to eq(%i[behind behind])
    expect(verdict({ "lag_seconds" => 40.0 }, sync_interval: 30.0)).to eq(%i[behind behind])
    expect(verdict({ "phase" => "starting" })).to eq(%i[behind starting])
    expect(verdict({ "upload_error" => "no", "lag_seconds" => 59.0 })).to eq(%i[behind upload_failing])
    expect(verdict({ "upload_error" => "no", "lag_seconds" => 60.0 })).to eq(%i[failing upload_failing])
  end

  it "is failing where commits are on this machine only, without an end in sight" do
    expect(verdict({ "capture_error" => "disk full" })).to eq(%i[failing capture_failing])
    expect(verdict({ "phase" => "stopped", "upload_error" => "conflict" })).to eq(%i[failing stopped])
    expect(verdict({ "phase" => "starting", "upload_error" => "denied" })).to eq(%i[failing cannot_begin])
    expect(observation(nil).verdict).to have_attributes(state: :failing, reason: :not_running)
  end

  it "is off where nothing is to be replicated" do
    expect(verdict({}, enabled: false)).to eq(%i[off disabled])
    switch = instance_double(Litestream::Switch, on?: false)
    allow(Litestream::Switch).to receive(:new).and_return(switch)
    expect(verdict({})).to eq(%i[off switched_off])
    allow(switch).to receive(:on?).and_return(true)
    expect(verdict({ "phase" => "no_database" })).to eq(%i[off no_database])
    expect(dashboard::Observation.new(Litestream::Configuration.new(env: {})).verdict.reason).to eq(:no_databases)
  end

  it "is off where a database is not there, whose path may be mistyped" do
    expect(verdict({ "phase" => "no_database" }, {})).to eq(%i[off some])
    expect(verdict({ "phase" => "no_database" }, { "phase" => "no_database" })).to eq(%i[off no_database])
  end

  it "is off, not failing, where litestream.yml cannot be read for want of the variables alone" do
    problem = Litestream::ConfigurationError.new("bucket is empty")
    verdicts = [{}, complete].map do |env|
      dashboard::Observation.new(Litestream::Configuration.new(env: env), problem: problem).verdict
    end

    expect(verdicts.map { |found| [found.state, found.reason] }).to eq([%i[off missing_variables], %i[failing misconfigured]])
    expect(verdicts.first.details[:variables]).to include("LITESTREAM_REPLICA_BUCKET")
  end

  it "is that of the worst database" do
    expect(verdict({}, { "lag_seconds" => 30.0 }, { "capture_error" => "x" })).to eq(%i[failing some])
    expect(verdict({}, { "lag_seconds" => 30.0 })).to eq(%i[behind some])
  end

  it "does not take a failed verification or trouble with compaction lightly, each in its measure" do
    failed = Litestream::Verifications::Report.new(state: "failed", message: "page 7 differs")
    allow(Litestream::Verifications).to receive(:recent).and_return([failed])
    expect(verdict({})).to eq(%i[failing verification_failed])
    allow(Litestream::Verifications).to receive(:recent).and_return([])
    expect(verdict({ "maintenance_error" => "x" })).to eq(%i[safe safe])
  end

  it "is failing where the newest transactions lie behind a gap" do
    time = "2026-01-01T00:00:00Z"
    first = { "level" => 9, "min_txid" => "0000000000000001", "max_txid" => "0000000000000001", "size" => 1, "created" => time }
    third = first.merge("level" => 0, "min_txid" => "0000000000000003", "max_txid" => "0000000000000003")
    inventory = { "files" => [first, third], "points" => [{ "txid" => first["max_txid"], "at" => time }], "generations" => [] }
    seen = observation([{}])
    allow(seen).to receive(:listing).and_return(dashboard::Listings::Entry.new(inventory: dashboard::Inventory.new(inventory)))

    expect(seen.verdict).to have_attributes(state: :failing, reason: :gap)
  end

  it "has a sentence for each reason" do
    reasons = %i[safe all_safe nothing_yet behind starting upload_failing cannot_begin capture_failing stopped not_running
                 not_replicated gap verification_failed misconfigured disabled switched_off missing_variables no_databases no_database some]
    sentences = reasons.map { |reason| dashboard::Texts.text("verdicts.#{reason}", lag: 1, variables: "", count: 1, total: 1) }
    expect(sentences).to all(match(/\w+\W*\z/))
  end
end
