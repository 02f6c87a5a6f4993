# frozen_string_literal: true

require "securerandom"

# Hosts whose layout loads Turbo: links are visits, forms are fetched, and the document lives on.
RSpec.describe "Beside Turbo" do
  def add_turbo(target, layout, tags)
    turbo = File.join(Harness::NodeModules.path, "@hotwired/turbo/dist/turbo.es2017-umd.js")
    FileUtils.cp(turbo, File.join(target.root, "public/turbo.js"))
    head = /^( *)(<%=|=) stylesheet_link_tag.*\n/
    target.write(layout, target.read(layout).sub(head) { |line| line + tags.map { |tag| "#{line[/\A */]}#{tag}\n" }.join })
  end

  # Turbo's progress bar brings its style along, for which a strict policy needs a nonce.
  def allow_progress_bar(target)
    target.write("config/initializers/nonce.rb", <<~RUBY)
      Rails.application.config.content_security_policy_nonce_generator = ->(_) { "#{SecureRandom.hex}" }
      Rails.application.config.content_security_policy_nonce_directives = %w[script-src style-src]
    RUBY
  end

  # By a page without Turbo, which cannot bear a password in its address.
  def enter(path)
    sign_in("admin", at: DashboardPages::DASHBOARD)
    visit path
  end

  # A document that Turbo keeps remembers it.
  def mark_document = page.execute_script("window.kept = true")

  def kept? = page.evaluate_script("window.kept === true")

  def posts(path, target = app) = requests("POST", path, target)

  def gets(path) = requests("GET", path, app)

  # Rails 7.2 logs to the standard output, which the harness keeps beside the log.
  def requests(verb, path, target)
    Dir[File.join(target.root, "log/*.log")].sum { |log| File.read(log).scan(%(Started #{verb} "#{path})).size }
  end

  def leave_and_return
    go_back
    expect(page).to have_no_css("h1", text: "Litestream")
    go_forward
    expect(page).to have_css("h1", text: "Litestream")
  end

  it "the admin page is visited, left and found again, and each press is one request" do
    add_turbo(app, "app/views/layouts/admin.haml", ["= csp_meta_tag", "= javascript_include_tag '/turbo.js', defer: true"])
    allow_progress_bar(app)
    boot_site.write("one", durable: true)
    enter "/admin/notes"
    mark_document
    click_on "Litestream"
    expect(page).to have_css(".verdict.good")
    press_every_button
    leave_and_return
    press_every_button
    expect([kept?, posts("/admin/litestream/verify"), gets("/admin/litestream/snapshots")]).to eq([true, 2, 2])
    click_on "Notes"
    expect(page).to have_css("h1", text: "Notes")
    expect(kept?).to be true
  end

  it "the dashboard is opened by a link and by a form of the host, and is itself: buttons, messages, live" do
    add_turbo(app, "app/views/layouts/admin.haml", ["= csp_meta_tag", "= javascript_include_tag '/turbo.js', defer: true"])
    allow_progress_bar(app)
    button = %(= button_to "Back up now", litestream.database_syncs_path("#{File.basename(database_page)}")\n)
    app.write("app/views/admin/notes/index.haml", button + app.read("app/views/admin/notes/index.haml"))
    server = boot_site
    server.write("one", durable: true)
    enter "/admin/notes"
    mark_document
    click_on "Litestream"
    expect(page).to have_css(".verdict.good")
    click_on "Open the dashboard"
    expect(page).to have_css("h1", text: "Every commit is in the store.").and have_css("[data-pulse-text]", text: "Live")
    expect([kept?, page.evaluate_script("typeof window.Turbo")]).to eq([false, "undefined"])
    within("#database-list") { click_on "storage/production.sqlite3" }
    click_on "Sync now"
    expect(page).to have_css("[role=status]", text: "Synced")
    expect(posts("#{database_page}/syncs")).to eq(1)

    # Step by step: a page that is being left cannot be read.
    [database_page, DashboardPages::DASHBOARD, "/admin/litestream"].each do |path|
      go_back
      expect(page).to have_current_path(path)
    end
    expect(page).to have_css("h1", text: "Litestream")
    press_every_button
    go_forward
    expect(page).to have_css("[data-pulse-text]", text: "Live")
    before = find(".databases .txid", match: :first).text
    server.write("two", durable: true)
    expect(page).to have_no_css(".databases .txid", text: before)

    visit "/admin/notes"
    click_on "Back up now"
    expect(page).to have_css("h1", text: "storage/production.sqlite3").and have_css("[role=status]", text: "Synced")
    expect(page).to have_css("[data-pulse-text]", text: "Live")
    expect(posts("#{database_page}/syncs")).to eq(2)
  end

  # The layout of a fresh application asks for a stylesheet that it has no pipeline for.
  it "a fresh application's script by itself hears each press once", refusals: true do
    fresh = fresh_app
    fresh.rails!("generate", "litestream:install")
    add_turbo(fresh, "app/views/layouts/application.html.erb",
              ["<%= javascript_include_tag '/turbo.js', defer: true %>", "<%= link_to 'Again', '/admin/litestream?again' %>"])
    fresh.rails!("db:prepare")
    boot_site(fresh)
    enter "/admin/litestream"
    mark_document
    press_every_button
    click_on "Again"
    expect(page).to have_current_path("/admin/litestream?again")
    press_every_button
    go_back
    expect(page).to have_current_path("/admin/litestream")
    press_every_button
    expect([kept?, posts("/admin/litestream/verify", fresh)]).to eq([true, 3])
  end
end
