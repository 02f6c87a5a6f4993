# frozen_string_literal: true

require "digest"

# The dashboard of the reference app, and the host's files for examples that change them.
module DashboardPages
  DASHBOARD = "/admin/litestream/dashboard"

  def database_page(path = app.database) = "#{DASHBOARD}/databases/#{Digest::SHA256.hexdigest(path)[0, 12]}"

  def host_file(name, content) = File.write(File.join(app.root, name), content)

  def delete_everything
    keys = store.keys
    keys.each { |key| store.delete(key) }
  end

  # Every page that needs no earlier step.
  def dashboard_pages = ["#{DASHBOARD}/", database_page, "#{database_page}/restorations/new?target=latest", "#{DASHBOARD}/events"]

  def dashboard_buttons = %w[syncs snapshots verifications restorations].map { |noun| "#{database_page}/#{noun}" }

  # Newest TXID of the first database in the store.
  def newest_txid(server)
    health = server.request("get", "#{DASHBOARD}/health", as: "admin")
    JSON.parse(health.body).dig("databases", 0, "replicated_txid")
  end

  # Separates the states before and after by seconds, since the timeline has about one mark for each.
  def next_seconds
    began = Time.now.to_i
    poll("later seconds") { Time.now.to_i > began + 2 }
  end

  # Text of the timeline about the state under the pointer. The driver does not read the text of an SVG.
  def readout
    poll("something to read") do
      shown = page.evaluate_script("[...document.querySelectorAll('.timeline .readout')]" \
                                   ".filter(part => getComputedStyle(part).visibility === 'visible').map(part => part.textContent)")
      shown.first.gsub(/\s+/, " ") if shown.one?
    end
  end
end

RSpec.configure { |config| config.include DashboardPages, :integration }
