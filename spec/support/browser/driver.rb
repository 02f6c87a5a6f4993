# frozen_string_literal: true

require "capybara"
require "selenium-webdriver"

# Headless Chromium, as Debian packages it, or under another name on PATH.
module Browser
  FLAGS = %w[--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
             --disable-component-update --disable-sync --disable-dev-shm-usage --disable-search-engine-choice-screen
             --hide-scrollbars --force-device-scale-factor=1].freeze
  HEIGHT = 900
  REFUSAL = /the server responded with a status of [45]\d\d|net::ERR_CONNECTION_REFUSED/
  # In the layout of a new Rails application. Chromium expects another name.
  OF_RAILS = "apple-mobile-web-app-capable"
  private_constant :FLAGS, :HEIGHT, :REFUSAL, :OF_RAILS

  WIDTHS = { "wide" => 1280, "narrow" => 375 }.freeze
  SCREENSHOTS = File.expand_path("../../../tmp/screenshots", __dir__)

  class << self
    def driver(app, scripts:)
      # The name of the argument differs between Selenium 4.4 and newer.
      name = Gem::Version.new(Selenium::WebDriver::VERSION) < Gem::Version.new("4.8") ? :capabilities : :options
      service = Selenium::WebDriver::Service.chrome(path: find("chromedriver"))
      driver = Capybara::Selenium::Driver.new(app, browser: :chrome, service: service, name => options(scripts))
      # Chromium fails like this where the element went with its page at that moment. A second attempt succeeds.
      driver.invalid_element_errors << Selenium::WebDriver::Error::UnknownError
      driver
    end

    # Lines of the console, which this empties.
    def complaints(page, refusals: false)
      entries = page.driver.browser.logs.get(:browser).reject { |entry| %w[DEBUG INFO].include?(entry.level) }
      messages = entries.map(&:message).reject { |message| message.include?(OF_RAILS) }
      messages.reject { |message| refusals && message.match?(REFUSAL) }
    end

    # `scheme`: "light" or "dark". As high as the page, so that a screenshot has all of it.
    def look(page, width:, scheme:)
      browser = page.driver.browser
      browser.execute_cdp("Emulation.setEmulatedMedia", features: [{ name: "prefers-color-scheme", value: scheme }])
      set_size(browser, width, HEIGHT)
      set_size(browser, width, [HEIGHT, page.evaluate_script("document.documentElement.scrollHeight")].max)
    end

    private

    def set_size(browser, width, height)
      browser.execute_cdp("Emulation.setDeviceMetricsOverride", width: width, height: height, deviceScaleFactor: 1, mobile: false)
    end

    def options(scripts)
      Selenium::WebDriver::Chrome::Options.new(args: FLAGS, binary: find("chromium", "google-chrome")).tap do |options|
        options.add_option("goog:loggingPrefs", { browser: "ALL" })
        options.add_preference("profile.managed_default_content_settings.javascript", 2) unless scripts
      end
    end

    def find(*names)
      ENV.fetch("PATH").split(":").product(names).map { |folder, name| File.join(folder, name) }.find { |path| File.executable?(path) } ||
        raise("#{names.join(" or ")} is not installed: run bin/setup")
    end
  end
end

Capybara.register_driver(:chromium) { |app| Browser.driver(app, scripts: true) }
Capybara.register_driver(:chromium_without_scripts) { |app| Browser.driver(app, scripts: false) }
Capybara.run_server = false
Capybara.default_max_wait_time = 15
