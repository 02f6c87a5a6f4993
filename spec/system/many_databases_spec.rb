# frozen_string_literal: true

# The pages with none and with a dozen databases, of which one is not there yet and some have long names.
RSpec.describe "The pages" do
  long = "a-database-with-a-name-#{"that-goes-on-and-on-" * 5}"
  paths = [*1.upto(8).map { |number| "storage/tenants/#{number}.sqlite3" }, "storage/#{long}.sqlite3",
           "storage/deep/er/#{"and/deeper/" * 8}still.sqlite3", "storage/tenants/#{"unbroken" * 10}.sqlite3", "storage/later.sqlite3"]

  def configure(paths)
    databases = paths.each_with_index.map do |path, number|
      { path: File.join(app.root, path), replica: { type: "file", path: File.join(directory, "replicas", number.to_s) } }
    end
    app.write("config/litestream.yml", JSON.generate(dbs: databases))
  end

  def create(path)
    FileUtils.mkdir_p(File.dirname(File.join(app.root, path)))
    run!("sqlite3", File.join(app.root, path), "PRAGMA journal_mode=wal; CREATE TABLE t (x)")
  end

  it "show a dozen databases" do
    paths[0..-2].each { |path| create(path) }
    configure(paths)
    boot_site
    sign_in("admin")
    visit DashboardPages::DASHBOARD
    expect(page).to have_css(".databases .badge.safe", count: 11).and have_css(".databases .badge.off", count: 1)
    expect(page).to have_css(".verdict.off", text: /1 of 12 databases needs attention.*later.sqlite3: The database does not/m)
    expect(first(".databases h3").text).to eq(paths.last)
    inspect_page("dashboard-twelve")
    visit database_page(File.join(app.root, paths[8]))
    expect(page).to have_css("h1", text: long).and have_css(".timeline a")
    inspect_page("dashboard-long-name")
    visit "/admin/litestream"
    expect(page).to have_css("article", count: 12)
    inspect_page("admin-twelve")
  end

  # A server does not boot without any.
  it "show that there is no database any more" do
    boot_site
    configure([])
    sign_in("admin")
    visit DashboardPages::DASHBOARD
    expect(page).to have_css(".verdict.failing .cause", text: "lists no database").and have_css(".empty")
    inspect_page("dashboard-none")
    visit "/admin/litestream"
    expect(page).to have_css(".verdict.bad", text: "lists no database").and have_css(".empty")
    inspect_page("admin-none")
  end
end
