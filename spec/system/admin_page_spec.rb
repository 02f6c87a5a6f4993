# frozen_string_literal: true

RSpec.describe "The admin page" do
  it "shows that all is well, and answers every button" do
    server = boot_site
    server.write("one", durable: true)
    sign_in("admin")
    click_on "Litestream"
    expect(page).to have_text("1 database is being replicated.")
    expect(page).to have_text("LITESTREAM_SECRET_ACCESS_KEY\nset")
    expect(page).to be_accessible
    photograph("admin-overview") { expect(overflows?).to be false }

    click_on "View Generations"
    expect(page).to have_css(".panel td", text: "0000000000000001")
    expect(page).to be_accessible
    photograph("admin-generations", schemes: ["light"]) { expect(overflows?).to be false }
    click_on "View Snapshots"
    expect(page).to have_css(".panel th", text: "Bytes")
    click_on "Verify Backup"
    expect(page).to have_css(".panel .good", text: /restores to the database as it was at TXID \h{16}/)
    expect(page).to have_css(".last-verification", text: "passed")
    expect(page).to be_accessible
    photograph("admin-verified") { expect(overflows?).to be false }
    expect(page).to have_current_path("/admin/litestream")
  end
end
