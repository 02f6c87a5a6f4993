# frozen_string_literal: true

# Steps on /admin/litestream in the browser.
module AdminPage
  # A new Rails application, whose page asks for the password of the reference app's administrator.
  def fresh_app
    password = { "LITESTREAM_USERNAME" => "admin", "LITESTREAM_PASSWORD" => Harness::Server::PASSWORDS["admin"] }
    new_app(Harness::FreshApp, variables: store.environment.merge(password))
  end

  # The page does not update itself, so it is loaded until it shows this.
  def await_verdict(css, **options)
    poll("the verdict #{css}") { page.has_css?(css, wait: 1, **options) || (page.refresh && false) }
  end

  def press_every_button
    # The database of a new application is left to it until it is quiet for a while.
    Harness::ChildProcess.poll(60, "the first backup") { store.keys.any? }
    click_on "View Generations"
    expect(page).to have_css(".panel td", text: "0000000000000001")
    click_on "View Snapshots"
    expect(page).to have_css(".panel th", text: "Bytes")
    click_on "Verify Backup"
    expect(page).to have_css(".panel .good", text: /restores to the database as it was at TXID \h{16}/)
  end
end

RSpec.configure { |config| config.include AdminPage, :browser }
