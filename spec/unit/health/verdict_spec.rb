# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Health::Verdict do
  health = Litestream::Health
  time = "2026-01-01T00:00:00Z"
  database = Struct.new(:path, :sync_interval)

  # `databases`: the replicator's report of each; nil: no replicator answers, for the reason `problem`. `listing`: of each.
  def overview(databases, enabled: nil, sync_interval: 1.0, listing: nil, **replicator)
    paths = (databases || [{}]).each_index.map { |index| "/srv/#{index}.sqlite3" }
    healthy = { "phase" => "replicating", "txid" => 9, "replicated_txid" => 9, "lag_seconds" => 0.0 }
    rows = databases&.zip(paths)&.map { |fields, path| { "path" => path, **healthy, **fields } }
    answer = rows && { "databases" => rows, "official" => replicator.fetch(:official, false) }
    telemetry = Litestream::Health::Telemetry.new(answer: answer, problem: replicator[:problem])
    configuration = Litestream::Configuration.new(env: complete).tap { |settings| settings.enabled = enabled }
    listings = instance_double(Litestream::Health::ListingCache, of: listing ? paths.to_h { |path| [path, listing] } : {})
    known = paths.map { |path| database_at(path, sync_interval) }
    Litestream::Health::Overview.new(configuration, databases: known, telemetry: telemetry, listings: listings)
  end

  def complete = %w[LITESTREAM_REPLICA_BUCKET LITESTREAM_ACCESS_KEY_ID LITESTREAM_SECRET_ACCESS_KEY].to_h { |name| [name, "x"] }

  # The listing of a snapshot up to the TXID `newest` (nil: of nothing) after the replicator reported everything up to `claimed`.
  define_method(:listed) do |newest, claimed: 9, **more|
    file = { "level" => 9, "min_txid" => format("%016x", 1), "max_txid" => format("%016x", newest.to_i), "size" => 1, "created" => time }
    points = newest ? [{ "txid" => file["max_txid"], "at" => time }] : []
    found = { "files" => newest ? [file] : [], "points" => points, "generations" => [] }
    health::ListingCache::Entry.new(inventory: Litestream::Inventory.new(found), claimed: claimed && format("%016x", claimed), **more)
  end

  define_method(:database_at) { |path, sync_interval| database.new(path, sync_interval) }

  before { allow(Litestream::Verifications).to receive(:all).and_return([]) }

  def verdict(*databases, **options) = overview(databases, **options).verdict.then { |found| [found.state, found.reason] }

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
    expect(verdict({ "upload_error" => "no", "lag_seconds" => 59.0 })).to eq(%i[behind upload_failing])
    expect(verdict({ "upload_error" => "no", "lag_seconds" => 60.0 })).to eq(%i[failing upload_failing])
  end

  it "is failing where commits are on this machine only, without an end in sight" do
    expect(verdict({ "capture_error" => "disk full" })).to eq(%i[failing capture_failing])
    expect(verdict({ "phase" => "stopped", "upload_error" => "conflict" })).to eq(%i[failing stopped])
    expect(verdict({ "phase" => "starting", "upload_error" => "denied" })).to eq(%i[failing cannot_begin])
    expect(overview(nil).verdict).to have_attributes(state: :failing, reason: :not_running)
  end

  it "counts a start that does not finish as lag, and as failing after the limit that the sync interval allows" do
    start = { "phase" => "starting", "txid" => 0, "replicated_txid" => 0 }
    expect(verdict(start)).to eq(%i[behind starting])
    expect(verdict(start.merge("lag_seconds" => 60.9))).to eq(%i[behind starting])
    expect(verdict(start.merge("lag_seconds" => 61.0))).to eq(%i[failing start_overdue])
    expect(verdict(start.merge("lag_seconds" => 89.0), sync_interval: 30.0)).to eq(%i[behind starting])
    expect(verdict(start.merge("lag_seconds" => 90.0), sync_interval: 30.0)).to eq(%i[failing start_overdue])
    expect(verdict(start.merge("capture_error" => "disk full"))).to eq(%i[failing capture_failing])
    expect(overview([start.merge("lag_seconds" => 61.0)]).verdict.sentence).to include("1 min 1 s of commits")
  end

  it "is failing once commits are later than any sync interval explains, whatever the reason" do
    expect(verdict({ "lag_seconds" => 60.9 })).to eq(%i[behind behind])
    expect(verdict({ "lag_seconds" => 61.0 })).to eq(%i[failing behind])
    expect(verdict({ "lag_seconds" => 90.0 }, sync_interval: 30.0)).to eq(%i[failing behind])
  end

  it "is failing while a task that ended with a fault is being restarted" do
    failed = { "status" => "failed", "phase" => "failed", "task_error" => "task panicked" }
    expect(overview([failed]).verdict).to have_attributes(state: :failing, reason: :task_failed, error: "task panicked")
    expect(verdict({ "task_error" => "a panic" })).to eq(%i[failing maintenance_failed])
  end

  it "calls unknown what is unknown: a lag that is not reported, a state that it does not know, a journal that cannot be read" do
    expect(verdict({ "lag_seconds" => nil })).to eq(%i[unknown lag_unknown])
    expect(overview([{ "lag_seconds" => nil }, {}])).to have_attributes(lag: nil, exposure: nil)
    expect(overview([{ "phase" => "dancing" }]).verdict).to have_attributes(reason: :unknown_phase, error: "dancing", ok?: nil)
    allow(Litestream::Verifications).to receive(:all).and_raise(Litestream::FileError, "verifications.json: Permission denied")
    expect(overview([{}]).verdict).to have_attributes(state: :unknown, reason: :journal_unreadable, error: /Permission/)
    expect(overview([]).lag).to be_nil
  end

  it "is off where nothing is to be replicated" do
    expect(verdict({}, enabled: false)).to eq(%i[off disabled])
    switch = instance_double(Litestream::Switch, on?: false)
    allow(Litestream::Switch).to receive(:new).and_return(switch)
    expect(verdict({})).to eq(%i[off switched_off])
    allow(switch).to receive(:on?).and_return(true)
    expect(verdict({ "phase" => "no_database" })).to eq(%i[off no_database])
    expect(Litestream::Health::Overview.new(Litestream::Configuration.new(env: {})).verdict.reason).to eq(:no_databases)
  end

  it "is off where a database is not there, whose path may be mistyped" do
    expect(verdict({ "phase" => "no_database" }, {})).to eq(%i[off some])
    expect(verdict({ "phase" => "no_database" }, { "phase" => "no_database" })).to eq(%i[off no_database])
  end

  it "is off, not failing, where litestream.yml cannot be read for want of the variables alone" do
    problem = Litestream::ConfigurationError.new("bucket is empty")
    verdicts = [{}, complete].map do |env|
      Litestream::Health::Overview.new(Litestream::Configuration.new(env: env), problem: problem).verdict
    end

    expect(verdicts.map { |found| [found.state, found.reason] }).to eq([%i[off missing_variables], %i[failing misconfigured]])
    expect(verdicts.first.details[:variables]).to include("LITESTREAM_REPLICA_BUCKET")
  end

  it "is that of the worst database" do
    expect(verdict({}, { "lag_seconds" => 30.0 }, { "capture_error" => "x" })).to eq(%i[failing some])
    expect(verdict({}, { "lag_seconds" => 30.0 })).to eq(%i[behind some])
  end

  it "is failing after a failed verification, and safe while only compaction fails" do
    failed = Litestream::Verifications::Report.new(state: "failed", message: "page 7 differs")
    allow(Litestream::Verifications).to receive(:all).and_return([failed])
    expect(verdict({})).to eq(%i[failing verification_failed])
    allow(Litestream::Verifications).to receive(:all).and_return([])
    expect(verdict({ "maintenance_error" => "x" })).to eq(%i[safe safe])
  end

  it "trusts the store's listing more than the replicator's report" do
    expect(verdict({}, listing: listed(9))).to eq(%i[safe safe])
    expect(verdict({}, listing: listed(8))).to eq(%i[failing lost])
    expect(verdict({}, listing: listed(nil))).to eq(%i[failing all_lost])
    expect(verdict({}, {}, listing: listed(nil))).to eq(%i[failing all_lost])
    lost = overview([{}], listing: listed(8)).reports.first
    expect(lost).to have_attributes(replicated: "0000000000000008", lost?: true)
    official = { "txid" => 0, "replicated_txid" => 0, "status" => "open", "last_sync_at" => Time.now.utc.iso8601 }
    expect(verdict(official, official: true, listing: listed(nil, claimed: 1))).to eq(%i[failing all_lost])
  end

  it "expects in a listing neither later uploads nor files from before a replicator began anew" do
    expect(verdict({}, listing: listed(5, claimed: 5))).to eq(%i[safe safe])
    expect(verdict({}, listing: listed(nil, claimed: nil))).to eq(%i[safe safe])
    expect(verdict({ "txid" => 3, "replicated_txid" => 3 }, listing: listed(3))).to eq(%i[safe safe])
  end

  it "is not known where the store cannot be listed, or has not answered yet" do
    error = Litestream::UnreachableError.new("no answer")
    seen = overview([{}], listing: listed(9, error: error)).verdict
    expect(seen).to have_attributes(state: :unknown, tone: :behind, reason: :unlisted, error: "no answer")
    expect(verdict({}, listing: listed(8, error: error))).to eq(%i[failing lost])
    expect(verdict({ "lag_seconds" => 11.0 }, listing: listed(9, error: error))).to eq(%i[behind behind])
    expect(verdict({}, listing: health::ListingCache::Entry.new(error: error))).to eq(%i[unknown unlisted])
    expect(verdict({}, listing: health::ListingCache::Entry.new(awaited: true))).to eq(%i[unknown listing])
    both = overview([{}, {}], listing: listed(9, error: error)).verdict
    expect([both.state, both.reason, both.error]).to eq([:unknown, :unlisted, "no answer"])
  end

  it "is not known where the control socket is disabled, and failing with the cause where a replicator does not answer" do
    switched_off = Litestream::Status::SwitchedOff.new("socket.enabled is false")
    expect(verdict_without_answer(switched_off)).to have_attributes(state: :unknown, tone: :behind, reason: :not_askable)
    allow(Litestream::Verifications).to receive(:all).and_return([Litestream::Verifications::Report.new(state: "failed")])
    expect(verdict_without_answer(switched_off)).to have_attributes(state: :failing, reason: :verification_failed)
    silent = verdict_without_answer(Litestream::TimeoutError.new("timed out"))
    expect(silent).to have_attributes(state: :failing, reason: :no_answer, error: "timed out")
    dead = verdict_without_answer(Litestream::NotRunningError.new("no socket at x"))
    expect(dead).to have_attributes(state: :failing, reason: :not_running, error: "no socket at x")
  end

  def verdict_without_answer(problem) = overview(nil, problem: problem).verdict

  it "judges by the newest verification with a finding" do
    states = %w[running error lost failed passed]
    reports = states.map { |state| Litestream::Verifications::Report.new(state: state, message: state) }
    allow(Litestream::Verifications).to receive(:all).and_return(reports)
    expect(overview([{}]).verdict).to have_attributes(reason: :verification_failed, error: "failed")
    allow(Litestream::Verifications).to receive(:all).and_return([*reports.first(3) * 9, *reports.last(2)])
    expect(verdict({})).to eq(%i[failing verification_failed])
    allow(Litestream::Verifications).to receive(:all).and_return(reports.values_at(0, 1, 4, 3))
    expect(verdict({})).to eq(%i[safe safe])
  end

  it "is failing where the newest transactions lie behind a gap" do
    first = { "level" => 9, "min_txid" => "0000000000000001", "max_txid" => "0000000000000001", "size" => 1, "created" => time }
    third = first.merge("level" => 0, "min_txid" => "0000000000000003", "max_txid" => "0000000000000003")
    inventory = { "files" => [first, third], "points" => [{ "txid" => first["max_txid"], "at" => time }], "generations" => [] }
    seen = overview([{}])
    allow(seen).to receive(:listing).and_return(health::ListingCache::Entry.new(inventory: Litestream::Inventory.new(inventory)))

    expect(seen.verdict).to have_attributes(state: :failing, reason: :gap)
  end

  it "has a sentence for each reason" do
    reasons = %i[safe all_safe nothing_yet lost all_lost unlisted listing not_askable no_answer behind starting upload_failing
                 cannot_begin capture_failing task_failed maintenance_failed stopped not_running not_replicated gap verification_failed
                 misconfigured disabled switched_off missing_variables no_databases no_database some]
    reasons += %i[start_overdue not_synced unknown_phase lag_unknown journal_unreadable]
    sentences = reasons.map { |reason| described_class.new(:failing, reason, lag: 1, count: 1, total: 1).sentence }
    expect(sentences).to all(match(/\w+\W*\z/))
  end
end
