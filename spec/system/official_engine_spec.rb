# frozen_string_literal: true

# config.litestream.engine = "litestream": the official executable replicates. It reports less, and accepts no request but a sync.
RSpec.describe "With the official engine" do
  let(:app) do
    variables = { "LIBREVERSE_LITESTREAM_ENGINE" => "litestream", "LITESTREAM_INSTALL_DIR" => File.dirname(official_litestream("0.5.17")) }
    new_app(variables: store.environment.merge(variables)).tap { |app| app.rails!("db:migrate") }
  end

  def synced = poll("its first sync", seconds: 60) { page.refresh || page.has_css?(".verdict.safe", wait: 1) }

  it "the dashboard shows what is known and what can be done, and reports failing syncs", refusals: true do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    visit DashboardPages::DASHBOARD
    synced
    expect(page).to have_css("h1", text: "Every commit is in the store.").and have_text("reports events in its log only")
    inspect_page("dashboard-official", schemes: ["light"])
    click_on "storage/production.sqlite3"
    expect(page).to have_text("It accepts no request but a sync").and have_text("keeps no record of its lag")
    expect(page).to have_no_button("Verify").and have_no_button("Take a snapshot").and have_no_text("Captured up to")
    click_on "Sync now"
    expect(page).to have_css("[role=status]", text: "Synced")
    inspect_page("dashboard-official-database", schemes: ["light"])
    click_on "Restore a copy"
    click_on "Preview"
    click_on "Restore this copy"
    expect(page).to have_css(".notice.safe", text: "The copy is complete")

    visit DashboardPages::DASHBOARD
    store.stop
    server.write("two")
    expect(page).to have_css(".verdict.behind", text: "Official Litestream has not synced for", wait: 40)
  end

  it "the admin page answers its buttons, and says why nothing is verified" do
    boot_site.write("one", durable: true)
    sign_in("admin")
    click_on "Litestream"
    await_verdict(".verdict.good")
    expect(page).to have_text("Version\n0.5.17")
    click_on "View Generations"
    expect(page).to have_css(".panel td", text: "0000000000000001")
    click_on "View Snapshots"
    expect(page).to have_css(".panel th, .panel .plain", text: /Bytes|None yet/)
    click_on "Verify Backup"
    expect(page).to have_css(".panel .bad", text: "official Litestream does not")
    inspect_page("admin-official", schemes: ["light"])
  end
end
