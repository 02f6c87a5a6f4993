# frozen_string_literal: true

require "spec_helper"

RSpec.describe "Access to the dashboard", :integration, :dashboard_requests do
  # Every page, every button and the assets.
  def everything
    stylesheet = "#{DashboardPages::DASHBOARD}/assets/0000000000000000/dashboard.css"
    [*dashboard_pages, stylesheet, "#{DashboardPages::DASHBOARD}/health"].map { |path| status(path, as: visitor) } +
      dashboard_buttons.map { |path| status(path, form: { txid: "1" }, as: visitor) }
  end

  attr_accessor :visitor

  def everything_as(visitor)
    self.visitor = visitor
    everything.uniq
  end

  it "is guarded by the host's base controller: a request without a password, with a wrong one or of a user is refused (fault 2)" do
    asking(boot.tap { |server| server.write("a row", durable: true) })

    expect(everything_as(nil)).to eq([401])
    expect(everything_as(%w[admin wrong])).to eq([401])
    expect(everything_as("user")).to eq([403])
    dashboard_pages.each { |path| expect(status(path)).to eq(200), path }
  end

  it "is guarded by a password of its own, which no other account has" do
    app = new_app(variables: store.environment.merge("LITESTREAM_USERNAME" => "keeper", "LITESTREAM_PASSWORD" => "sesame"))
    app.rails!("db:migrate")
    @app = app
    asking(boot(app))

    expect(everything_as(nil)).to eq([401])
    expect(ask("#{DashboardPages::DASHBOARD}/", as: nil)["WWW-Authenticate"]).to start_with("Basic")
    [%w[keeper wrong], ["keeper", ""], ["", "sesame"], %w[admin sesame]].each { |wrong| expect(everything_as(wrong)).to eq([401]) }
    expect(everything_as("admin")).to eq([401])
    dashboard_pages.first(2).each { |path| expect(status(path, as: %w[keeper sesame])).to eq(200), path }
  end

  it "is closed where nothing guards it, and says how to open it" do
    host_file("config/initializers/litestream.rb", "")
    asking(boot)

    expect(everything_as("admin")).to eq([401])
    expect(ask("#{DashboardPages::DASHBOARD}/").body).to include("LITESTREAM_PASSWORD").and include("base_controller_class")
  end

  it "is opened by a constraint around the route, where the configuration says that there is one" do
    host_file("config/initializers/litestream.rb", "Rails.application.config.litestream.dashboard_guard = 'routes'")
    routes = File.join(app.root, "config/routes.rb")
    File.write(routes, File.read(routes).sub(/mount .*/, <<~RUBY))
      constraints(->(request) { request.headers["X-Admin"] == "yes" }) { mount Litestream::Engine, at: "#{DashboardPages::DASHBOARD}" }
    RUBY
    asking(boot)

    expect(status("#{DashboardPages::DASHBOARD}/", as: nil)).to eq(404)
    expect(status("#{DashboardPages::DASHBOARD}/", as: nil, headers: { "X-Admin" => "yes" })).to eq(200)
  end

  it "does not open by a guard that is misspelled or has nothing to guard with" do
    append_to("config/initializers/litestream.rb", "Rails.application.config.litestream.dashboard_guard = 'passwrod'")
    asking(boot)

    expect(everything_as("admin")).to eq([500])
  end

  it "takes forms from its own pages only" do
    asking(boot.tap { |server| server.write("a row", durable: true) })
    own = @asked.address
    foreign = "https://elsewhere.example"
    refused = [{}, { "Sec-Fetch-Site" => "cross-site" }, { "Sec-Fetch-Site" => "same-site" }, { "Sec-Fetch-Site" => "none" },
               { "Origin" => foreign }, { "Origin" => "null" }, { "Sec-Fetch-Site" => "cross-site", "Origin" => own }]

    dashboard_buttons.product(refused).each do |path, headers|
      expect(status(path, form: { txid: "1" }, headers: headers)).to eq(403), "#{path} #{headers}"
    end
    expect(status(dashboard_buttons.first, form: {}, headers: { "Origin" => own })).to eq(303)
  end
end
