# frozen_string_literal: true

# Most of these examples are about answers of 4xx and 5xx.
RSpec.describe "The dashboard, when something fails", refusals: true do
  dashboard = DashboardPages::DASHBOARD

  # A page that is loaded again loses the mark.
  def mark_page = page.execute_script("window.neverReloaded = true")

  def reloaded? = !page.evaluate_script("window.neverReloaded === true")

  it "says that the store does not answer, and keeps what it knew" do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    visit database_page
    expect(page).to have_css(".timeline a")
    store.stop
    server.write("two")
    expect(page).to have_css(".verdict.behind", text: "Uploads fail", wait: 60)
    inspect_page("dashboard-store-down")
    click_on "Sync now"
    expect(page).to have_css("[role=alert]")
    inspect_page("dashboard-sync-failed", schemes: ["light"])
    poll("the page to ask for itself again") do
      page.evaluate_script("performance.getEntriesByType('resource').some(entry => entry.name.endsWith('#{database_page}'))")
    end
    expect(page).to have_css("[data-pulse-text]", text: "Live")
    visit dashboard
    expect(page).to have_css(".events .warn", text: "Upload failed")
    inspect_page("dashboard-overview-store-down")
  end

  it "says that it is not known whether the store has everything, or that it has lost it" do
    merge_nothing
    boot_site.write("one", durable: true)
    sign_in("admin")
    store.stop
    visit dashboard
    expect(page).to have_css(".verdict.behind .cause", wait: 30).and have_css(".verdict .state", text: /not known/i)
    expect(page).to have_css(".databases .badge.behind", text: "Not known")
    expect(page).to have_css(".tile", text: /lost now\nnot known/)
    inspect_page("dashboard-not-known")

    store.restart
    expect(page).to have_css(".verdict.safe", text: "Every commit is in the store.", wait: 60)
    delete_everything
    visit database_page
    click_on "Sync now"
    expect(page).to have_css(".verdict.failing", text: "nothing can be restored").and have_css("#state .facts", text: /lost now\nnot known/)
    expect(page).to have_no_text("everything committed until now is in the store")
    inspect_page("dashboard-lost")
  end

  it "is safe again by itself, and says so without a reload, when the store is back" do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    visit dashboard
    mark_page
    expect(page).to have_css(".verdict.safe")
    store.stop
    server.write("two")
    expect(page).to have_css(".verdict", text: "Uploads fail", wait: 60).and have_css(".databases .badge.behind")
    expect(page).to have_css(".events .warn", text: "Upload failed")

    store.restart
    expect(page).to have_css(".verdict.safe", text: "Every commit is in the store.", wait: 60)
    expect(page).to have_css(".databases .badge.safe").and have_css(".events strong", text: "Uploads continue")
    expect(reloaded?).to be false
    inspect_page("dashboard-recovered", schemes: ["light"])
  end

  it "shows a gap in the replica, and its repair by a snapshot" do
    merge_nothing
    server = boot_site
    4.times { |number| server.write("note #{number}", durable: true) }
    missing = store.keys.grep(%r{/0000/}).sort[-2]
    store.delete(missing)
    sign_in("admin")
    visit database_page
    expect(page).to have_css(".verdict.failing", text: "The replica has a gap")
    reached = format("%016x", missing[/(\h{16})-/, 1].hex - 1)
    expect(page).to have_css("#state .facts", text: /In the store up to\n#{reached}/)
    expect(page).to have_css(".timeline .gap").and have_css(".timeline .gap-label", text: "Gap")
    inspect_page("dashboard-gap")

    click_on "Take a snapshot"
    expect(page).to have_css("[role=status]", text: "is in a snapshot")
    expect(page).to have_css(".verdict.safe", text: "Every commit is in the store.")
    expect(page).to have_css(".timeline .gap").and have_css(".timeline .snapshot")
    inspect_page("dashboard-gap-healed")
    click_on "Verify"
    expect(page).to have_css(".notice.safe", text: "page by page")
  end

  it "says that another writer has taken the replica over, and what to do" do
    server = boot_site
    server.write("ours", durable: true)
    twin = boot(new_app(variables: store.environment).tap { |other| other.rails!("db:migrate") })
    twin.write("theirs", durable: true)
    sign_in("admin")
    visit database_page
    server.write("ours again")
    expect(page).to have_css(".verdict.failing", text: "Replication has stopped for good", wait: 30)
    inspect_page("dashboard-stopped")
    click_on "Sync now"
    expect(page).to have_css("[role=alert]", text: /\S/)
    inspect_page("dashboard-stopped-sync", schemes: ["light"])
    visit dashboard
    expect(page).to have_css(".events .error", text: "Replication stopped")
    inspect_page("dashboard-overview-stopped")

    twin.kill_everything
    server.stop
    Capybara.app_host = boot.address
    sign_in("admin")
    visit dashboard
    expect(page).to have_css(".verdict.safe", text: "Every commit is in the store.", wait: 30)
  end

  it "says that no replicator answers" do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    visit dashboard
    host_file("tmp/litestream.yml", "no longer: [what a replicator\ncan read")
    Process.kill("KILL", server.await_replicator)
    expect(page).to have_css(".verdict.failing", text: "No replicator answers", wait: 30)
    inspect_page("dashboard-replicator-dead")
    visit database_page
    click_on "Verify"
    expect(page).to have_css(".notice.behind", text: "could not be done", wait: 60)
    inspect_page("dashboard-verification-error", schemes: ["light"])
  end

  it "says that replication is off, and why" do
    append_to("config/initializers/litestream.rb", "\nRails.application.config.litestream.enabled = false\n")
    boot_site(replicator: false)
    sign_in("admin")
    visit dashboard
    expect(page).to have_css(".verdict.off", text: "switched off by config.litestream.enabled")
    inspect_page("dashboard-off")
    visit database_page
    inspect_page("dashboard-off-database", schemes: ["light"])
  end

  it "waits for a database that does not exist yet" do
    append_to("config/litestream.yml", "  - path: storage/later.sqlite3\n    replica: { type: file, path: #{directory}/replica }\n")
    boot_site.write("one")
    sign_in("admin")
    visit database_page(File.join(app.root, "storage/later.sqlite3"))
    expect(page).to have_css(".verdict.off", text: "does not exist yet").and have_text("Nothing can be restored yet.")
    inspect_page("dashboard-empty")
  end

  it "says that the configuration cannot be read" do
    boot_site
    host_file("config/litestream.yml", "dbs:\n  - path: a\n    no-such-key: 1\n")
    sign_in("admin")
    visit dashboard
    expect(page).to have_css(".verdict.failing .cause", text: "no-such-key")
    inspect_page("dashboard-misconfigured", schemes: ["light"])
  end
end
