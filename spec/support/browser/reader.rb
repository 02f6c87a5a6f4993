# frozen_string_literal: true

# The reader's time zone in the browser, and the keys that a reader presses.
module Reader
  def in_zone(name)
    zone(name)
    yield
  ensure
    zone("")
  end

  # A zone in which it is another day than in UTC.
  def zone_of_another_day = Time.now.utc.hour >= 11 ? "Pacific/Kiritimati" : "Pacific/Pago_Pago"

  # A time as pages show it, as a Time without a zone of its own.
  def shown_time(text) = Time.strptime(text.gsub(/[[:space:]]+/, " "), "%b %d, %Y, %I:%M:%S %p")

  # Field by field, as the browser's language has them.
  def type_time(time)
    find_field("time").send_keys(time.strftime("%m%d%Y"), :tab, time.strftime("%I%M%S%p"))
  end

  def press(*keys) = keys.each { |key| page.driver.browser.action.send_keys(key).perform }

  # Text of the focused element.
  def focused = page.evaluate_script("document.activeElement.textContent.trim()")

  private

  def zone(name) = page.driver.browser.execute_cdp("Emulation.setTimezoneOverride", timezoneId: name)
end

RSpec.configure { |config| config.include Reader, :browser }
