# frozen_string_literal: true

require "spec_helper"

RSpec.describe "The admin page's link to the dashboard", :integration, :admin_requests do
  let(:mount) { %(  mount Litestream::Engine, at: "/admin/litestream/dashboard"\n) }

  # The reference app with other routes and controllers.
  def boot_with(routes, controllers = "")
    app.write("config/routes.rb", routes)
    base = "app/controllers/application_controller.rb"
    app.write(base, app.read(base).sub(/^end/, "#{controllers}\nend"))
    @server = boot
  end

  def routes = app.read("config/routes.rb")

  # nil: no button.
  def link(page = "/admin/litestream")
    response = server.request("get", page, as: "admin", headers: Harness::Server::HTML)
    expect(response.code).to eq "200"
    response.body[/<a [^>]*>Open the dashboard/]&.then { |tag| CGI.unescapeHTML(tag[/href=["']([^"']+)/, 1]) }
  end

  def expect_dashboard(path)
    response = server.request("get", path, as: "admin", headers: Harness::Server::HTML)
    expect([response.code, response.body]).to match ["200", /class=.verdict/]
  end

  it "keeps the parameters that the host puts into every path" do
    boot_with(routes, "def default_url_options = { locale: 'de' }")
    expect(link).to eq "/admin/litestream/dashboard?locale=de"
    expect_dashboard(link)
  end

  it "leads to the mounted dashboard, also under another name and inside of a constraint" do
    boot_with(routes.sub(mount, <<~RUBY))
      constraints(->(request) { request.get? }) { mount Litestream::Engine, at: "/backups", as: :safety }
    RUBY
    expect(link).to eq "/backups"
    expect_dashboard("/backups/")
  end

  it "keeps the scope of the page's path" do
    boot_with(routes.sub("namespace :admin", "scope('/:locale') { #{mount.strip} }\n  scope('/:locale') { namespace :admin")
                    .sub(mount, "}\n"), "def default_url_options = { locale: params[:locale] }")
    expect(link("/de/admin/litestream")).to eq "/de/admin/litestream/dashboard"
    expect_dashboard("/de/admin/litestream/dashboard/")
  end

  it "is left out where there is none" do
    boot_with(routes.sub(mount, ""))
    expect(link).to be_nil
  end

  it "is left out where the page cannot know the path" do
    boot_with(routes.sub(mount, "scope('/:account') { #{mount.strip} }\n"))
    expect(link).to be_nil
  end
end
