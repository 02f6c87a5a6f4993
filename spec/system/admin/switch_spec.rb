# frozen_string_literal: true

# The reference app keeps no setting of its own for replication; here it does, as a note in its database.
RSpec.describe "Switching replication off and on" do
  before do
    app.write("config/initializers/replication_setting.rb", <<~RUBY)
      Rails.application.configure do
        config.litestream.enabled = -> { Note.where(body: "replication is off").none? }
        config.litestream.switch = ->(on) { on ? Note.where(body: "replication is off").delete_all : Note.create!(body: "replication is off") }
      end
    RUBY
  end

  def open_page
    sign_in("admin")
    click_on "Litestream"
  end

  it "is a button of the admin page, for all workers of the server and beyond its restart" do
    server = boot_site(workers: 2)
    server.write("one", durable: true)
    open_page
    inspect_page("admin-switch-on", schemes: ["light"])
    find("summary", text: "Switch replication off").click
    click_on "Disable replication"
    expect(page).to have_css(".verdict.warn", text: "Replication is switched off by the application's own setting")
    poll("no replicator") { server.replicators.empty? }
    inspect_page("admin-switch-off")
    visit "/admin/litestream/dashboard"
    expect(page).to have_css(".verdict.off", text: "switched off by the application's own setting")
    # The dashboard would continue to fetch, and the server is to end.
    visit "/admin/litestream"

    # No worker takes over.
    server.workers.each { |worker| Process.kill("KILL", worker) }
    poll("other workers") { server.workers.size == 2 && server.answering? }
    server.write("two")
    sleep 1.5
    expect(server.replicators).to eq []
    server.stop

    again = boot_site(replicator: false)
    expect(again.replicators).to eq []
    open_page
    click_on "Enable replication"
    await_verdict(".verdict.good", text: "Every commit is in the store.")
    again.write("three", durable: true)
    expect(app.rails!("runner", "p Litestream.verify!").out.strip).to eq "true"
  end

  it "works without scripts" do
    server = boot_site(javascript: false)
    server.write("one", durable: true)
    open_page
    find("summary", text: "Switch replication off").click
    click_on "Disable replication"
    expect(page).to have_css(".verdict.warn", text: "switched off by the application's own setting")
    click_on "Enable replication"
    await_verdict(".verdict.good")
  end
end
