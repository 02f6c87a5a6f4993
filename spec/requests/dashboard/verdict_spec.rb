# frozen_string_literal: true

require "spec_helper"

# The verdict on a replica that could not be listed, or with a replicator that does not answer.
RSpec.describe "The dashboard's verdict", :integration, :dashboard_requests do
  def overview = ask("#{DashboardPages::DASHBOARD}/").body

  def health = ask("#{DashboardPages::DASHBOARD}/health").then { |answer| [answer.code, JSON.parse(answer.body)] }

  it "is not safe after the bucket was emptied, until a restart uploads everything again" do
    merge_nothing
    server = asking(boot.tap { |started| started.write("a row", durable: true) })
    delete_everything

    expect(overview).to include("class=\"verdict failing\"").and include("nothing can be restored")
    expect(ask(database_page).body).to include("nothing can be restored").and not_include("Every commit is in the store")
    expect(health.first).to eq("200")

    server.stop
    asking(boot)
    poll("everything to be back") { overview.include?("Every commit is in the store.") }
    expect(store.keys).not_to be_empty
  end

  it "is not safe after the newest files were deleted, until a snapshot replaces them" do
    merge_nothing
    server = asking(boot)
    2.times { |number| server.write("note #{number}", durable: true) }
    store.delete(store.keys.max)
    expect(overview).to include("class=\"verdict failing\"").and include("has lost the newest transactions")

    expect(ask("#{database_page}/snapshots", form: {}).code).to eq("303")
    poll("the newest state to be back") { overview.include?("Every commit is in the store.") }
  end

  it "covers every database, the twenty-fifth too" do
    databases = Array.new(25) { |number| { path: "storage/#{number}.sqlite3", replica: { type: "file", path: "replicas/#{number}" } } }
    databases.each { |database| run!("sqlite3", File.join(app.root, database[:path]), "PRAGMA journal_mode=wal; CREATE TABLE t (x)") }
    host_file("config/litestream.yml", JSON.generate(dbs: databases, **Merging::NONE))
    asking(boot)
    poll("all to be replicated") { health.last["databases"].all? { |database| database["replicated_txid"] } }
    FileUtils.rm_r(File.join(app.root, "replicas/24"))

    page = poll("all to be listed") { overview.then { |body| body unless body.include?("is being listed") } }
    expect(page).to include("1 of 25 databases needs attention").and include("nothing can be restored")
      .and include("a month for storage; upload costs appear after ten minutes").and not_include("replicas listed")
  end

  it "is not known where the store cannot be listed, on the overview too" do
    asking(boot.tap { |server| server.write("a row", durable: true) })
    store.stop

    expect(overview).to include("class=\"verdict behind\"").and include("Not known").and not_include("Every commit is")
    page = poll("the store's silence") { overview.then { |body| body if body.include?("the store cannot be listed") } }
    expect(page).to match(/class="cause">[^<]+</)
    expect(health.first).to eq("200")
  end

  it "is not known where the control socket is disabled" do
    append_to("config/litestream.yml", "socket: { enabled: false }\n")
    asking(boot)
    poll("the first upload") { store.keys.any? }

    expect(overview).to include("class=\"verdict behind\"").and include("The control socket is disabled")
      .and not_include("Not running").and not_include("No replicator")
    expect(health).to match(["503", a_hash_including("ok" => nil, "state" => "unknown", "lag_seconds" => nil)])
    admin = ask("/admin/litestream", headers: { "Accept" => "application/json" })
    expect(JSON.parse(admin.body)).to include("verdict" => "warn", "message" => /control socket.*not known/)
  end

  it "says why a replicator that is there does not answer" do
    server = asking(boot.tap { |started| started.write("a row", durable: true) })
    Process.kill("STOP", server.await_replicator)
    expect(overview).to include("class=\"verdict failing\"").and include("The replicator does not answer")
      .and match(/class="cause">[^<]*did not finish within/)
  end
end
