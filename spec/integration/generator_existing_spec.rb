# frozen_string_literal: true

require "spec_helper"

# As users of another gem for Litestream have them, or of an older version of this one.
RSpec.describe "rails generate litestream:install, in an application that has some of it", :generator, :integration do
  def admins(app)
    app.write("app/controllers/admin/base_controller.rb", <<~RUBY)
      class Admin::BaseController < ApplicationController
        http_basic_authenticate_with name: "litestream", password: "secret"
      end
    RUBY
  end

  def draw(app, line)
    app.write("config/routes.rb", app.read("config/routes.rb").sub(/\.routes\.draw do.*\n/) { |draw| "#{draw}  #{line}\n" })
  end

  def boot_migrated(app)
    app.rails!("db:prepare")
    boot(app)
  end

  # Target of the button.
  def link(server) = page(server).body[/href="([^"]+)"[^>]*>Open the dashboard/, 1]

  it "leaves a mounted dashboard where it is, says so, and links to it" do
    app = fresh_app
    admins(app)
    draw(app, %(constraints(->(_) { true }) { mount Litestream::Engine, at: "/litestream" }))
    out = generate(app)
    expect(out).to match(%r{kept  the dashboard's route at /litestream})
    expect(app.read("config/routes.rb").scan("Litestream::Engine").size).to eq 1
    after = tree(app)
    expect(generate(app)).to include("kept  config/routes.rb")
    expect(tree(app)).to eq after

    server = boot_migrated(app)
    expect(link(server)).to eq "/litestream"
    expect(page(server, "/litestream/").code).to eq "200"
    expect(page(server, "/admin/litestream/dashboard").code).to eq "404"
  end

  it "finds a mount of another environment, in a file of its own, and none in a comment" do
    app = fresh_app
    app.write("config/routes/backups.rb", %(mount(::Litestream::Engine => "/backups") if Rails.env.staging?\n))
    draw(app, "draw :backups")
    expect(generate(app)).to include("kept  the dashboard's route in config/routes/backups.rb")
    expect(app.read("config/routes.rb")).not_to include("mount")

    commented = fresh_app(LITESTREAM_PASSWORD: "secret")
    draw(commented, %(# mount Litestream::Engine, at: "/litestream"))
    generate(commented)
    expect(link(boot_migrated(commented))).to eq "/admin/litestream/dashboard"
  end

  it "does not touch the routes where the dashboard has the place or the name of the admin page, and says what to do" do
    [%(namespace(:admin) { mount Litestream::Engine, at: "/backups" }), %(mount Litestream::Engine, at: "/admin/litestream")].each do |line|
      app = fresh_app
      draw(app, line)
      before = app.read("config/routes.rb")
      expect(generate(app)).to match(/attention  .*the admin page.*mount Litestream::Engine, at: "\/admin\/litestream\/dashboard"/)
      expect(app.read("config/routes.rb")).to eq before
      expect(app.rails!("runner", "puts :booted").out).to eq "booted\n"
    end
  end

  it "names the guard of the dashboard that the kept initializer sets, not that of a new one" do
    app = fresh_app
    admins(app)
    app.write("config/initializers/litestream.rb", "# nothing\n")
    out = generate(app)
    expect(out).to include("Admin::BaseController guards /admin/litestream\n")
      .and match(/the dashboard is closed until LITESTREAM_PASSWORD or config.*base_controller_class = "Admin::BaseController" is set$/)
    expect(out).not_to match(/lets in sees.*dashboard/)
    server = boot_migrated(app)
    expect([page(server).code, page(server, "/admin/litestream/dashboard/").code]).to eq %w[200 401]

    app.write("config/initializers/litestream.rb", "Rails.application.config.litestream.base_controller_class = 'ApplicationController'\n")
    expect(generate(app)).to include("ApplicationController guards the dashboard")
    app.write("config/initializers/litestream.rb", "Rails.application.config.litestream.dashboard_guard = 'routes'\n")
    expect(generate(app)).to include("the constraint of its route guards the dashboard")
    app.write("config/initializers/litestream.rb", "Rails.application.config.litestream.dashboard_guard = 'passwrod'\n")
    expect(generate(app)).to include('the dashboard is closed: config.litestream.dashboard_guard is "passwrod"')
  end

  it "says that a password is needed in addition" do
    app = fresh_app(LITESTREAM_PASSWORD: "secret")
    admins(app)
    2.times { expect(generate(app)).to include("the dashboard asks for LITESTREAM_PASSWORD in addition to Admin::BaseController") }
  end

  it "says the same beforehand, with --pretend" do
    app = fresh_app
    admins(app)
    before = tree(app)
    said = ["Admin::BaseController guards /admin/litestream\n", "Admin::BaseController guards the dashboard\n"]
    expect(generate(app, "--pretend")).to include(*said)
    expect(tree(app)).to eq before
    expect(generate(app)).to include(*said)
  end

  it "says of a kept controller only that it guards the page" do
    app = fresh_app
    admins(app)
    app.write("app/controllers/admin/litestream_controller.rb", <<~RUBY)
      class Admin::LitestreamController < ApplicationController
        include Litestream::Admin
      end
    RUBY
    expect(generate(app)).to match(%r{app/controllers/admin/litestream_controller.rb, which was kept, guards /admin/litestream$})
  end
end
