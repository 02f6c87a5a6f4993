# frozen_string_literal: true

require "spec_helper"

RSpec.describe "rails generate litestream:install", :generator, :integration do
  it "sets a fresh application up, whose page shows replication; run again, it changes nothing" do
    app = fresh_app(LITESTREAM_PASSWORD: "secret")
    before = tree(app)
    out = generate(app)
    after = tree(app)
    expect(after.keys - before.keys).to contain_exactly(
      "config/litestream.yml", "config/initializers/litestream.rb", "config/initializers/litestream_in_process.rb", "Procfile.dev",
      "app/controllers/admin/litestream_controller.rb", "app/views/admin/litestream/index.html.erb", "public/admin_litestream.js",
      "public/admin_litestream.css"
    )
    expect(before.reject { |name, text| after[name] == text }.keys).to eq ["config/routes.rb"]
    expect(out).to include("config/litestream.yml", "LITESTREAM_REPLICA_BUCKET", "no controller for administrators", "db/schema.rb")
    expect(after["config/litestream.yml"]).to match(%r{- path: (db|storage)/<%= Rails.env %>.sqlite3$})
      .and match(%r{path: libreverse/<%= Rails.env %>$})

    expect(generate(app)).to include("kept  config/litestream.yml").and include("kept  config/routes.rb")
    expect(tree(app)).to eq after

    app.rails!("db:prepare")
    server = boot(app)
    server.await_replicator
    expect(safe_page(server)).to include("Verify Backup", "/admin_litestream.js")
    expect(page(server, password: "wrong").code).to eq "401"
    expect(server.request("get", "/admin/litestream").code).to eq "401"
    app.rails!("litestream:verify")
  end

  it "shows in development that replication is off for want of the variables" do
    app = new_app(Harness::FreshApp, mode: "development", variables: { "LITESTREAM_PASSWORD" => "secret" })
    # Rails 6.1 would need the gem listen.
    app.write("config/environments/development.rb", app.read("config/environments/development.rb").sub(/^ *config.file_watcher.*$/, ""))
    generate(app)
    app.rails!("db:prepare")
    server = boot(app)
    dashboard = "/admin/litestream/dashboard"
    expect(page(server, "#{dashboard}/").body).to include("Replication is off: these variables are missing: LITESTREAM_REPLICA_BUCKET")
    expect(page(server, "#{dashboard}/events").code).to eq "200"
    expect(page(server, "#{dashboard}/databases/000000000000").code).to eq "404"
  end

  def api_only(app, application_controller: "ActionController::API")
    app.write("app/controllers/application_controller.rb", "class ApplicationController < #{application_controller}; end\n")
    application = app.read("config/application.rb")
    app.write("config/application.rb", application.sub(/config.load_defaults.*$/) { |line| "#{line}\nconfig.api_only = true" })
  end

  %w[ActionController::API ActionController::Base].each do |parent|
    it "has pages in an API-only application with controllers of #{parent}, and takes forms from them only" do
      app = fresh_app(LITESTREAM_PASSWORD: "secret")
      api_only(app, application_controller: parent)
      generate(app)
      app.rails!("db:prepare")
      server = boot(app)
      server.await_replicator
      expect(safe_page(server)).to include("Verify Backup")
      expect(page(server, "/admin/litestream/dashboard/").code).to eq "200"

      sent = [{}, { "Sec-Fetch-Site" => "cross-site" }, { "Sec-Fetch-Site" => "same-origin" }].map do |headers|
        server.request("post", "/admin/litestream/verify", as: %w[litestream secret], form: { database: app.database },
                                                           headers: { "Accept" => "text/html", **headers }).code
      end
      expect(sent).to eq %w[403 403 303]
      expect(page(server, password: "wrong").code).to eq "401"
    end
  end

  it "closes the pages where there is neither an administrator nor a password" do
    app = fresh_app
    generate(app)
    app.rails!("db:prepare")
    server = boot(app)
    ["", "secret", "litestream"].each { |password| expect(page(server, password: password).code).to eq "401" }
  end

  it "follows the conventions of the application: HAML, Stimulus in CoffeeScript, an admin controller, its own Procfile" do
    app = fresh_app
    app.write("app/controllers/admin/base_controller.rb", <<~RUBY)
      class Admin::BaseController < ApplicationController
        http_basic_authenticate_with name: "root", password: "toor"
      end
    RUBY
    app.write("app/views/layouts/other.html.haml", "= yield\n")
    app.write("app/javascript/controllers/hello_controller.coffee", "")
    app.write("app/javascript/controllers/index.js", %(application.register("hello", HelloController)))
    app.write("Procfile.dev", "web: bin/rails server")
    generate(app)
    expect(tree(app).keys).to include("app/views/admin/litestream/index.html.haml",
                                      "app/javascript/controllers/admin_litestream_controller.coffee")
    expect(app.read("Procfile.dev")).to eq "web: bin/rails server\nlitestream: bin/rails litestream:replicate\n"
    expect(app.read("app/controllers/admin/litestream_controller.rb")).to include("class LitestreamController < BaseController")
    expect(app.read("config/initializers/litestream.rb")).to match(/^  config.*"Admin::BaseController"$/)
    expect(app.read("app/javascript/controllers/index.js")).to end_with <<~JS
      import AdminLitestreamController from "./admin_litestream_controller"
      application.register("admin-litestream", AdminLitestreamController)
    JS
    after = tree(app)
    generate(app)
    expect(tree(app)).to eq after

    app.rails!("db:prepare")
    server = boot(app)
    server.await_replicator
    poll("the first backup") do
      response = server.request("get", "/admin/litestream", as: %w[root toor], headers: Harness::Server::HTML)
      response.body.include?("Every commit is in the store.")
    end
  end

  it "takes the full name of the administrators' controller, with or without leading colons" do
    { "Admin::BaseController" => "Admin::BaseController", "::Staff" => "Staff" }.each do |given, name|
      app = fresh_app
      expect(generate(app, "--base-controller=#{given}")).to include("#{name} guards /admin/litestream")
      expect(app.read("app/controllers/admin/litestream_controller.rb")).to include("class LitestreamController < ::#{name}\n")
      expect(app.read("config/initializers/litestream.rb")).to include("base_controller_class = \"#{name}\"")
    end
  end

  it "names every SQLite database of production, and says which it leaves out" do
    app = fresh_app
    app.write("config/database.yml", <<~YAML)
      development: { primary: { adapter: sqlite3, database: storage/development.sqlite3 } }
      production:
        primary: { adapter: sqlite3, database: storage/production.sqlite3 }
        queue: { adapter: sqlite3, database: storage/production_queue.sqlite3 }
        cache: { adapter: sqlite3, database: storage/production_cache.sqlite3 }
        cable: { adapter: sqlite3, database: storage/production_cable.sqlite3 }
        reports: { adapter: postgresql, database: reports }
        scratch: { adapter: sqlite3, database: ":memory:" }
    YAML
    out = generate(app)
    expect(out).to match(/left_out\s+storage\/production_cache.sqlite3/).and match(/left_out\s+storage\/production_cable.sqlite3/)
    databases = JSON.parse(app.rails!("litestream:databases", "--", "--json").out)
    expected = %w[production production_queue].map { |name| File.join(app.root, "storage/#{name}.sqlite3") }
    expect(databases.map { |row| row["path"] }).to eq expected
    expect(app.read("config/litestream.yml")).to include("# Left out, since a cache can be lost: storage/production_cache.sqlite3")
    locations = app.rails!("runner", "puts Litestream::Database.all.map(&:location)").out
    expect(locations.lines.map { |line| line[%r{//libreverse/(\S+)}, 1] }).to eq %w[libreverse/production libreverse/production-queue]
  end

  it "says where production has no SQLite database" do
    app = fresh_app
    app.write("config/database.yml", "production: { adapter: sqlite3, database: ':memory:' }")
    expect(generate(app)).to include("names no SQLite database for production")
    expect(app.read("config/litestream.yml")).to end_with("dbs: []\n")
  end

  it "on request starts with Puma's plugin, and restores before the entrypoint prepares" do
    app = fresh_app
    app.write("bin/docker-entrypoint", <<~SHELL)
      #!/bin/bash -e
      if [ "$1" = "server" ]; then
        ./bin/rails db:prepare
      fi
      exec "$@"
    SHELL
    2.times { generate(app, "--puma", "--docker") }
    expect(tree(app).keys).not_to include("config/initializers/litestream_in_process.rb")
    expect(app.read("config/puma.rb").scan("plugin :litestream").size).to eq 1
    expect(app.read("bin/docker-entrypoint")).to include("  ./bin/rails litestream:prepare\n  ./bin/rails db:prepare\n")

    app.rails!("db:prepare")
    boot(app).await_replicator
  end

  it "finds in the reference app all that it would make, and makes the same" do
    before = tree(app)
    generate(app)
    expect(tree(app)).to eq before
    made = %w[config/litestream.yml config/initializers/litestream_in_process.rb app/controllers/admin/litestream_controller.rb
              app/views/admin/litestream/index.haml app/javascript/controllers/admin_litestream_controller.coffee
              public/admin_litestream.css]
    made.each { |path| File.delete(File.join(app.root, path)) }
    generate(app, "--script=coffee")
    made.each { |path| expect(app.read(path)).to eq(File.read(File.join(Harness::ReferenceApp::SOURCE, path))), path }
  end
end
