# frozen_string_literal: true

require "erb"
require "fileutils"
require "capybara/dsl"
require "selenium-webdriver"
require_relative "browser/accessibility"
require_relative "browser/driver"

# Examples in a real browser: headless Chromium before the reference app, which runs in production with the S3 server and the
# replicator. After each example the browser's console has to be empty: Chromium reports there violations of the content security
# policy, failed scripts and failed requests. In an example about refusals, marked `refusals: true`, statuses of 4xx and 5xx
# are no fault.
#
#   boot_site              the app, with its replicator, before the browser
#   sign_in("admin")       or "user"; from then on every request has its password
#   expect(page).to be_accessible
#   photograph("overview") tmp/screenshots/overview-{wide,narrow}-{light,dark}.png
#   inspect_page("overview") the same, and each of them accessible and no wider than its window
RSpec.shared_context "with a browser" do
  include Capybara::DSL

  after do |example|
    next if Capybara.current_driver == Capybara.default_driver

    complaints = Browser.complaints(page, refusals: example.metadata[:refusals])
    if example.exception
      FileUtils.mkdir_p(Browser::SCREENSHOTS)
      page.save_screenshot(File.join(Browser::SCREENSHOTS, "failed-#{example.full_description.tr("^a-zA-Z0-9", "-")[0, 80]}.png"))
    else
      expect(complaints).to eq([])
    end
  ensure
    Capybara.reset_sessions!
    Capybara.use_default_driver
  end

  # With scripts, unless javascript is false; then the browser has none either.
  def boot_site(target = app, javascript: true, replicator: true, **options)
    target.build_assets if javascript
    server = boot(target, **options)
    server.await_replicator if replicator
    Capybara.app_host = server.address
    Capybara.current_driver = javascript ? :chromium : :chromium_without_scripts
    server
  end

  # A page that needs no more than a password; credentials in the address of a page would keep its scripts from fetching.
  def sign_in(name, at: "/admin/notes")
    password = ERB::Util.url_encode(Harness::Server::PASSWORDS.fetch(name))
    visit "#{Capybara.app_host.sub("://", "://#{name}:#{password}@")}#{at}"
    visit at
  end

  # One picture in each width and colour scheme, of the whole page.
  def photograph(name, widths: Browser::WIDTHS.keys, schemes: %w[light dark])
    FileUtils.mkdir_p(Browser::SCREENSHOTS)
    widths.product(schemes).each do |width, scheme|
      Browser.look(page, width: Browser::WIDTHS.fetch(width), scheme: scheme)
      page.save_screenshot(File.join(Browser::SCREENSHOTS, "#{name}-#{width}-#{scheme}.png"))
      yield width, scheme if block_given?
    end
  ensure
    Browser.look(page, width: Browser::WIDTHS.fetch("wide"), scheme: "light")
  end

  def inspect_page(name, **options)
    expect(page).to be_accessible
    photograph(name, **options) do |width, scheme|
      expect(overflows?).to be(false), "#{name} is wider than the window (#{width}, #{scheme})"
      expect(page).to be_accessible
    end
  end

  # Wider than the window: a reader would have to scroll sideways.
  def overflows? = page.evaluate_script("document.documentElement.scrollWidth > document.documentElement.clientWidth")
end

RSpec.configure do |config|
  config.define_derived_metadata(file_path: %r{/spec/system/}) { |metadata| metadata.merge!(integration: true, browser: true) }
  config.include_context "with a browser", :browser
end
