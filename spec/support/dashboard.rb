# frozen_string_literal: true

require "digest"

# Where the reference app has the dashboard, and its host's files for examples that change them.
module DashboardPages
  DASHBOARD = "/admin/litestream/dashboard"

  def database_page(path = app.database) = "#{DASHBOARD}/databases/#{Digest::SHA256.hexdigest(path)[0, 12]}"

  def host_file(name, content) = File.write(File.join(app.root, name), content)

  def delete_everything
    keys = store.keys
    keys.each { |key| store.delete(key) }
  end

  # Every page that needs nothing to be done first.
  def dashboard_pages = ["#{DASHBOARD}/", database_page, "#{database_page}/restorations/new?target=latest", "#{DASHBOARD}/events"]

  def dashboard_buttons = %w[syncs snapshots verifications restorations].map { |noun| "#{database_page}/#{noun}" }

  # What of the first database is in the store.
  def newest_txid(server)
    health = server.request("get", "#{DASHBOARD}/health", as: "admin")
    JSON.parse(health.body).dig("databases", 0, "replicated_txid")
  end

  # So that the states before and after differ in their second and in the picture, which has one mark for a second or so.
  def next_seconds
    began = Time.now.to_i
    poll("later seconds") { Time.now.to_i > began + 2 }
  end

  # What the picture says of the state that is pointed at. The driver does not read the text of a picture.
  def readout
    poll("something to read") do
      shown = page.evaluate_script("[...document.querySelectorAll('.timeline .readout')]" \
                                   ".filter(part => getComputedStyle(part).visibility === 'visible').map(part => part.textContent)")
      shown.first.gsub(/\s+/, " ") if shown.one?
    end
  end
end

RSpec.configure { |config| config.include DashboardPages, :integration }
