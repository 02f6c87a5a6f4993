# frozen_string_literal: true

# The time ranges of the timeline, and the pages in place of those that cannot be shown.
RSpec.describe "The dashboard" do
  dashboard = DashboardPages::DASHBOARD

  def choose_window(name)
    within(".windows") { click_on name }
    expect(page).to have_css(".windows [aria-current]", text: name, count: 1)
  end

  # Moves the pages' clock forward.
  def look_later(seconds)
    host_file("config/initializers/later.rb", <<~RUBY)
      Rails.application.config.to_prepare do
        Litestream::Health::Overview.prepend(Module.new { def taken_at = super + #{seconds} })
      end
    RUBY
  end

  def first_tick = first(".timeline text[data-time]")["data-time"]

  it "shows the restorable states of an hour, a day, a week or all time" do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    visit database_page
    expect(page).to have_css(".windows [aria-current]", text: "All")
    { "Hour" => 3600, "Day" => 86_400, "Week" => 604_800 }.each do |name, seconds|
      choose_window(name)
      expect(page).to have_css(".timeline a").and have_css(".timeline .run")
      expect(Time.iso8601(first_tick)).to be_within(120).of(Time.now - seconds)
      inspect_page("dashboard-window-#{name.downcase}")
    end

    # Fetched anew, it is the same stretch.
    page.execute_script("window.neverReloaded = true")
    before = first_tick
    find("h1").hover
    expect(page).to have_no_css(".timeline text[data-time='#{before}']")
    expect(Time.iso8601(first_tick)).to be_within(120).of(Time.now - 604_800)
    expect(page.evaluate_script("window.neverReloaded")).to be true
    choose_window("All")
    expect(Time.iso8601(first_tick)).to be_within(600).of(Time.now)
  end

  it "shows an hour in which nothing was written" do
    look_later(3 * 3600)
    boot_site.write("one", durable: true)
    sign_in("admin")
    visit database_page
    expect(page).to have_css(".timeline a")
    choose_window("Hour")
    expect(page).to have_no_css(".timeline").and have_css(".empty", text: "The newest state is older")
    inspect_page("dashboard-window-quiet")
  end

  it "says that there is no such page, and leads back", refusals: true do
    boot_site.write("one", durable: true)
    sign_in("admin")
    { "database" => database_page("/no/such"), "verification" => "#{database_page}/verifications/0",
      "copy" => "#{database_page}/restorations/0" }.each do |noun, path|
      visit path
      expect(page).to have_css("h1", text: "The request failed").and have_css("[role=alert]", text: "There is no such")
      inspect_page("dashboard-no-such-#{noun}") if noun == "database"
    end
    click_on "All databases"
    expect(page).to have_css(".verdict.safe")
  end

  it "says which file keeps a page from being shown", refusals: true do
    boot_site.write("one", durable: true)
    sign_in("admin")
    FileUtils.rm(File.join(app.root, "config/litestream.yml"))
    Dir.mkdir(File.join(app.root, "config/litestream.yml"))
    [dashboard, database_page].each do |path|
      visit path
      expect(page).to have_css("h1", text: "The request failed").and have_css("[role=alert]", text: /read .*litestream.yml/)
    end
    inspect_page("dashboard-unreadable")
  end

  it "says that a copy has no place, and shows the rest", refusals: true do
    boot_site.write("one", durable: true)
    FileUtils.rm_rf(File.join(app.root, "storage/restored"))
    File.write(File.join(app.root, "storage/restored"), "")
    sign_in("admin")
    visit database_page
    expect(page).to have_css(".verdict.safe").and have_css(".timeline a").and have_css(".notice.behind", text: "storage/restored")
    inspect_page("dashboard-copies-unreadable")
    click_on "Restore a copy"
    click_on "Preview"
    click_on "Restore this copy"
    expect(page).to have_css("[role=alert]", text: "storage/restored")
    inspect_page("dashboard-copy-without-place", schemes: ["light"])
    click_on "Back to the database"
    expect(page).to have_css(".verdict.safe")
  end
end
