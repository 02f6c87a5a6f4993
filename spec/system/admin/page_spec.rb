# frozen_string_literal: true

RSpec.describe "The admin page" do
  def open_page
    sign_in("admin")
    click_on "Litestream"
    expect(page).to have_css("h1", text: "Litestream")
  end

  it "shows that all is well, and answers every button in place" do
    boot_site.write("one", durable: true)
    open_page
    expect(page).to have_css(".verdict.good", text: "Every commit is in the store.")
    expect(page).to have_text("LITESTREAM_SECRET_ACCESS_KEY\nset")
    inspect_page("admin-overview")

    click_on "View Generations"
    expect(page).to have_css(".panel td", text: "0000000000000001")
    inspect_page("admin-generations", schemes: ["light"])
    press_every_button
    expect(page).to have_css(".last-verification", text: "passed")
    expect(page).to have_current_path("/admin/litestream")
    inspect_page("admin-verified")
    visit "/admin/litestream"
    expect(page).to have_css(".last-verification", text: /passed \d{4}-/)
  end

  it "works by keyboard" do
    boot_site.write("one", durable: true)
    open_page
    page.send_keys(:tab)
    expect(page.evaluate_script("document.activeElement.textContent")).to eq "Skip to content"
    find_button("Verify Backup").send_keys(:enter)
    expect(page).to have_css(".panel .good")
  end

  it "works without scripts" do
    server = boot_site(javascript: false)
    server.write("one", durable: true)
    open_page
    click_on "View Generations"
    expect(page).to have_css("td", text: "0000000000000001")
    expect(page).to have_current_path(/generations\?database=/)
    click_on "View Snapshots"
    expect(page).to have_css("th", text: "Bytes")
    click_on "Verify Backup"
    expect(page).to have_css(".panel .good", text: /restores to the database/)
    photograph("admin-without-scripts", schemes: ["light"])
  end

  it "answers the same with the controller in JavaScript" do
    File.delete(File.join(app.root, "app/javascript/controllers/admin_litestream_controller.coffee"))
    app.rails!("generate", "litestream:install", "--script=js")
    boot_site.write("one", durable: true)
    open_page
    press_every_button
    expect(page).to have_current_path("/admin/litestream")
  end

  # The layout of a fresh application asks for a stylesheet that it has no pipeline for.
  it "answers the same with a script by itself, in a fresh application", refusals: true do
    fresh = fresh_app
    fresh.rails!("generate", "litestream:install")
    fresh.rails!("db:prepare")
    boot_site(fresh)
    sign_in("admin", at: "/admin/litestream")
    press_every_button
    expect(page).to have_current_path("/admin/litestream")
    photograph("admin-fresh-application", schemes: ["light"])
  end

  it "shows a database that does not exist yet" do
    app.write("config/litestream.yml", app.read("config/litestream.yml").sub("storage/", "storage/none-"))
    boot_site
    open_page
    expect(page).to have_css(".verdict.warn", text: "The database does not exist yet.")
    click_on "View Generations"
    expect(page).to have_css(".panel .plain", text: "None yet.")
    click_on "View Snapshots"
    expect(page).to have_css(".panel .plain", text: "None yet.")
    click_on "Verify Backup"
    expect(page).to have_css(".panel .bad")
    inspect_page("admin-empty", schemes: ["light"])
  end

  it "shows that the configuration cannot be read" do
    boot_site(replicator: false)
    app.write("config/litestream.yml", "dbs: [{ paht: <b>x</b> }]\n")
    open_page
    expect(page).to have_css(".verdict.bad", text: /cannot be read.*paht/m).and have_css(".badge.warn", text: "unknown")
    inspect_page("admin-unreadable", schemes: ["light"])
  end

  it "shows that replication is off, and why", refusals: true do
    development = new_app(mode: "development")
    development.rails!("db:migrate")
    boot_site(development, replicator: false)
    open_page
    expect(page).to have_css(".verdict.warn", text: /off: these variables are missing: LITESTREAM_REPLICA_BUCKET/)
    expect(page).to have_css(".bad", text: "missing", count: 3)
    inspect_page("admin-off")
  end

  it "shows that no replicator runs, and what that means for a verification" do
    File.delete(File.join(app.root, "config/initializers/litestream_in_process.rb"))
    boot_site(replicator: false)
    open_page
    expect(page).to have_css(".verdict.bad", text: "No replicator answers")
    click_on "Verify Backup"
    expect(page).to have_css(".panel .bad", text: "no replicator answers")
    expect(page).to have_button("Verify Backup", disabled: false)
    inspect_page("admin-no-replicator")
  end

  it "shows that the replicator does not answer" do
    server = boot_site
    server.write("one", durable: true)
    Process.kill("STOP", server.await_replicator)
    open_page
    expect(page).to have_css(".verdict.bad", text: "The replicator does not answer")
    inspect_page("admin-no-answer", schemes: ["light"], widths: ["wide"])
  end

  it "shows what a failed verification found" do
    merge_nothing
    boot_site.write("one", durable: true)
    port = URI(store.address).port
    store.stop
    @store = Harness::S3Server.new(Dir.mktmpdir("s3-", directory), port: port)
    open_page
    click_on "Verify Backup"
    expect(page).to have_css(".panel .bad", text: /verification of .* failed/)
    expect(page).to have_css(".verdict.bad", text: /nothing can be restored|does not restore to this database/)
    visit "/admin/litestream"
    expect(page).to have_css(".last-verification .bad", text: "failed")
    expect(page).to have_css(".verdict.bad", text: /nothing can be restored|does not restore to this database/)
    click_on "Verify Backup"
    expect(page).to have_css(".panel .bad", text: /verification of .* failed/)
    inspect_page("admin-failed")
  end

  it "shows that the store cannot be reached, and refuses no reader for that", refusals: true do
    server = boot_site
    server.write("one", durable: true)
    store.stop
    server.write("two")
    open_page
    click_on "View Generations"
    expect(page).to have_css(".panel .bad", text: /\S/)
    inspect_page("admin-unreachable")
    click_on "Verify Backup"
    expect(page).to have_css(".panel .plain", text: "under way")
    expect(page).to have_button("Verify Backup", disabled: true)
    inspect_page("admin-under-way", schemes: ["light"], widths: ["wide"])
  end

  it "says that the server is gone", refusals: true do
    server = boot_site
    open_page
    server.kill_everything
    click_on "View Snapshots"
    expect(page).to have_css(".panel .bad", text: "The server does not answer.")
    click_on "Verify Backup"
    expect(page).to have_css(".panel .bad", text: "The server does not answer.")
  end

  it "shows every name of a database as text and nothing else (faults 1 and 8)" do
    names = [%q(x<img src=x onerror=alert(1)>"'; touch pwned; ' %2e é 💥.sqlite3), "a b & touch pwned; $(touch pwned) c.sqlite3"]
    missing = "none<img src=x onerror=alert(2)>.sqlite3"
    names.each do |name|
      Open3.capture2("sqlite3", File.join(app.root, "storage", name), "PRAGMA journal_mode=wal; CREATE TABLE t (a)")
    end
    app.write("config/litestream.yml", JSON.generate(dbs: [*names, missing].each_with_index.map { |name, number| hostile(name, number) }))
    boot_site
    open_page
    expect(page).to have_css(".verdict.warn", text: "#{missing}: The database does not exist yet.")
    names.each do |name|
      within(find("article", text: name)) { press_every_button }
    end
    within(find("article", text: missing)) do
      click_on "Verify Backup"
      expect(page).to have_css(".panel .bad", text: missing)
    end
    [*names, missing].each { |name| expect(page).to have_css("h3", text: name) }
    expect(page).to have_no_css("main img")
    expect(Dir[File.join(app.root, "**/pwned")]).to be_empty
    inspect_page("admin-hostile", schemes: ["light"])
  end

  def hostile(name, number)
    { path: File.join(app.root, "storage", name),
      replica: { type: "s3", bucket: "$LITESTREAM_REPLICA_BUCKET", path: "hostile/#{number}", endpoint: "$LITESTREAM_REPLICA_ENDPOINT",
                 "access-key-id": "$LITESTREAM_ACCESS_KEY_ID", "secret-access-key": "$LITESTREAM_SECRET_ACCESS_KEY" } }
  end
end
