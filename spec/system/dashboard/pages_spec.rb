# frozen_string_literal: true

RSpec.describe "The dashboard" do
  dashboard = DashboardPages::DASHBOARD

  # Levels within seconds, so that the picture has something to show.
  def hurry
    file = File.join(app.root, "config/litestream.yml")
    File.write(file, "levels: [{ interval: 2s }, { interval: 6s }]\nsnapshot: { interval: 8s, retention: 1h }\nl0-retention: 5s\n" \
                     "l0-retention-check-interval: 1s\n#{File.read(file)}")
  end

  def write_for(server, seconds)
    deadline = Harness::ChildProcess.now + seconds
    number = 0
    while Harness::ChildProcess.now < deadline
      server.write("note #{number += 1} #{"x" * 400}", durable: (number % 3).zero?)
      sleep 0.3
    end
  end

  it "shows a healthy database, and answers every button" do
    hurry
    server = boot_site
    write_for(server, 20)
    sign_in("admin")
    visit dashboard
    expect(page).to have_css(".verdict.safe h1", text: "Every commit is in the store.")
    expect(page).to have_css("[data-pulse-text]", text: "Live")
    expect(page).to have_no_css("time", text: "UTC")
    inspect_page("dashboard-overview")

    within("#database-list") { click_on "storage/production.sqlite3" }
    expect(page).to have_css("h1", text: "storage/production.sqlite3")
    click_on "Sync now"
    expect(page).to have_css("[role=status]", text: "Synced")
    click_on "Take a snapshot"
    expect(page).to have_css("[role=status]", text: "is in a snapshot")
    click_on "Verify"
    expect(page).to have_css(".notice.safe", text: "The replica restores to this database, page by page.")
    inspect_page("dashboard-verification", schemes: ["light"])
    click_on "Back to the database"
    expect(page).to have_css(".result.passed", text: "Passed")
    expect(page).to have_css(".timeline .snapshot").and have_css(".timeline .file").and have_css(".timeline .run")
    inspect_page("dashboard-database")

    click_on "Restore a copy"
    click_on "Preview"
    expect(page).to have_css("#plan").and have_text("storage/restored")
    inspect_page("dashboard-preview", schemes: ["light"])
    click_on "Restore this copy"
    expect(page).to have_css(".notice.safe", text: "The copy is complete")
    inspect_page("dashboard-copy", schemes: ["light"])
    expect(Dir[File.join(app.root, "storage/restored/*.sqlite3")].size).to eq(1)

    click_on "Events"
    expect(page).to have_css(".events strong", text: "Snapshot written").and have_css(".events strong", text: "Replication started")
    inspect_page("dashboard-events", schemes: ["light"])
  end

  it "shows each state of the timeline by hover, by keyboard and to screen readers, and leads to its restore" do
    server = boot_site
    write_for(server, 5)
    sign_in("admin")
    visit database_page
    find("#timeline-part h2").hover
    mark = first(".timeline a")
    expect(mark["aria-label"]).to match(/Restore the state of TXID \h{16}, \w+ \d+, 20\d\d, [\d:]+\s[AP]M, like bin/)
    mark.find(".dot").hover
    expect(readout).to match(/TXID (\h{16}) .*bin.rails litestream:restore -- --database=storage.production.sqlite3 --txid=\1/)
    # High above the picture, wherever focus scrolls to: what is pointed at comes before what has the focus.
    find(".brand").hover
    page.execute_script("document.querySelector('.timeline a').focus()")
    expect(readout).to include(mark["aria-label"][/\h{16}/])
    photograph("dashboard-picture", schemes: ["light"])
    page.driver.browser.switch_to.active_element.send_keys(:enter)
    expect(page).to have_css("#plan").and have_field("txid", with: /\h{16}/)
  end

  it "updates without a reload, and shows that the server is gone", refusals: true do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    visit database_page
    page.execute_script("window.neverReloaded = true; document.querySelector('.actions a').focus()")
    before = find("#state .txid", match: :first).text
    server.write("two", durable: true)
    expect(page).to have_no_css("#state .txid", text: before)
    expect(page.evaluate_script("window.neverReloaded && document.activeElement.textContent")).to eq("Restore a copy")

    server.kill_everything
    expect(page).to have_css(".pulse.offline", text: "The server does not answer", wait: 20)
    Browser.complaints(page)
  end

  it "works without scripts" do
    server = boot_site(javascript: false)
    server.write("one", durable: true)
    sign_in("admin")
    visit database_page
    expect(page).to have_css("time", text: "UTC").and have_css(".timeline a")
    click_on "Verify"
    expect(page).to have_text("page by page")
    click_on "Back to the database"
    click_on "Restore a copy"
    choose "The state of a TXID"
    fill_in "txid", with: "1"
    click_on "Preview"
    click_on "Restore this copy"
    expect(page).to have_text("The copy is complete")
    photograph("dashboard-without-scripts", widths: ["wide"], schemes: ["light"])
  end

  it "shows hostile names as names" do
    name = %q{<script>alert(1)</script> "';rm -rf ü $(id).sqlite3}
    folder = File.join(app.root, "storage", File.dirname(name))
    FileUtils.mkdir_p(folder)
    path = File.join(app.root, "storage", name)
    run!("sqlite3", path, "PRAGMA journal_mode=wal; CREATE TABLE t (x)")
    append_to("config/litestream.yml", "  - path: #{path.to_json}\n    replica: { type: file, path: #{directory}/replica }\n")
    boot_site
    sign_in("admin")
    visit dashboard
    expect(page).to have_link("storage/#{name}")
    # The first backup may come after the first look at the store.
    expect(page).to have_css("#database-list .badge.safe", count: 2, wait: 30)
    inspect_page("dashboard-hostile")
    within("#database-list") { click_on "storage/#{name}" }
    find("#timeline-part h2").hover
    first(".timeline .dot").hover
    expect(readout).to include("--database=#{Shellwords.escape("storage/#{name}")}")
    inspect_page("dashboard-hostile-database", schemes: ["light"])
    click_on "Sync now"
    expect(page).to have_css("[role=status]", text: "Synced")
  end
end
