# frozen_string_literal: true

# Readers with a screen reader, and readers without a mouse.
RSpec.describe "The dashboard, by screen reader and by keyboard" do
  dashboard = DashboardPages::DASHBOARD

  # Announcements of the live region since the page was loaded.
  def listen
    page.execute_script(<<~JAVASCRIPT)
      const region = document.querySelector("body > [role=status]");
      window.heard = [];
      new MutationObserver(() => { if (region.textContent) window.heard.push(region.textContent); })
        .observe(region, { childList: true, characterData: true, subtree: true });
    JAVASCRIPT
  end

  def heard = page.evaluate_script("window.heard")

  def add_second
    path = File.join(app.root, "storage/second.sqlite3")
    run!("sqlite3", path, "PRAGMA journal_mode=wal; CREATE TABLE t (x)")
    append_to("config/litestream.yml", "  - path: storage/second.sqlite3\n    replica: { type: file, path: #{directory}/replica }\n")
    path
  end

  # A file where its folder was.
  def break_replica_of(path)
    FileUtils.rm_rf(File.join(directory, "replica"))
    File.write(File.join(directory, "replica"), "")
    run!("sqlite3", path, "INSERT INTO t VALUES (1)")
  end

  it "says what becomes of the verdict, and nothing else" do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    visit dashboard
    expect(page).to have_css(".verdict.safe")
    listen
    before = find(".databases .txid", match: :first).text
    server.write("two", durable: true)
    expect(page).to have_no_css(".databases .txid", text: before)
    expect(heard).to eq([])

    store.stop
    server.write("three")
    expect(page).to have_css(".verdict.behind h1", text: "Uploads fail", wait: 60)
    sentence = find(".verdict h1").text
    expect(heard).to match([/\ABehind\W+#{Regexp.escape(sentence)}/])
    expect(page).to have_no_css(".verdict h1", text: sentence)
    expect(heard.size).to eq(1)

    store.restart
    expect(page).to have_css(".verdict.safe", wait: 60)
    expect(heard.last).to match(/\ASafe\W+Every commit is in the store\.\z/)
    expect(page).to be_accessible
  end

  it "says how a verification ends" do
    boot_site.write("one", durable: true)
    sign_in("admin")
    visit database_page
    store.delay("GetObject", seconds: 3)
    click_on "Verify"
    expect(page).to have_css(".notice.off", text: "is being read")
    listen
    expect(page).to have_css(".notice.safe", text: "page by page", wait: 30)
    expect(heard).to match([/\AThe replica restores to this database, page by page\.\z/])
  end

  it "keeps the focus on a database that is no longer the first" do
    second = add_second
    boot_site
    sign_in("admin")
    visit dashboard
    expect(page).to have_css(".databases .badge.safe", count: 2)
    expect(all(".databases h3").map(&:text)).to eq(%w[storage/production.sqlite3 storage/second.sqlite3])
    press(:tab)
    expect(focused).to eq("Skip to the content")
    photograph("dashboard-skip-link", schemes: ["light"])
    press(:enter)
    expect(page.evaluate_script("document.activeElement.id")).to eq("content")
    press(:tab)
    expect(focused).to eq("storage/production.sqlite3")

    break_replica_of(second)
    expect(page).to have_css(".databases li:first-child .badge.behind", wait: 60).or have_css(".databases li:first-child .badge.failing")
    expect(all(".databases h3").map(&:text)).to eq(%w[storage/second.sqlite3 storage/production.sqlite3])
    expect(focused).to eq("storage/production.sqlite3")
    photograph("dashboard-focus-kept", widths: ["wide"], schemes: ["light"])
    press(:enter)
    expect(page).to have_css("h1", text: "storage/production.sqlite3")
  end
end
