# frozen_string_literal: true

require "spec_helper"

RSpec.describe "The dashboard", :integration, :dashboard_requests do
  dashboard = DashboardPages::DASHBOARD
  secrets = [Harness::S3Server::ACCESS_KEY_ID, Harness::S3Server::SECRET_ACCESS_KEY, "correct horse"]

  def follow(response) = ask(URI(response["Location"]).request_uri)

  # Asked again as the page does.
  def settled(path) = poll("the end of #{path}") { ask(path).body.then { |body| body unless body.include?("class=\"progress\"") } }

  it "does what its buttons say: sync, snapshot, verify, restore to a copy" do
    asking(boot.tap { |server| server.write("a row", durable: true) })

    synced = ask("#{database_page}/syncs", form: {})
    expect([synced.code, follow(synced).body]).to match(["303", /Synced/])
    expect(follow(ask("#{database_page}/snapshots", form: {})).body).to include("is in a snapshot")

    verification = ask("#{database_page}/verifications", form: {})
    expect(settled(URI(verification["Location"]).path)).to include("The replica restores to this database, page by page.")

    txid = ask("#{database_page}/restorations/new?target=latest").body[/value="(\h{16})"/, 1]
    copy = ask("#{database_page}/restorations", form: { txid: txid })
    expect(settled(URI(copy["Location"]).path)).to include("The copy is complete")
    restored = Dir[File.join(app.root, "storage/restored/production-#{txid}-*.sqlite3")]
    expect(restored.size).to eq(1)
    expect(run!("sqlite3", restored.first, "SELECT body FROM notes")).to eq("a row\n")
    expect(ask(database_page).body).to include("Passed").and include(File.basename(restored.first))

    log = Dir[File.join(app.root, "log/*.log")].map { |path| File.read(path) }.join
    done = log.scan(/Litestream (\w+) of #{Regexp.escape(app.database)} \(\d+\.\d ms\)$/).flatten
    expect(done.uniq).to contain_exactly("sync", "snapshot", "verify", "restore")
  end

  it "knows configured databases alone, and no path leads elsewhere (fault 9)" do
    append_to("config/application.rb", "LibReverse::Application.config.action_controller.action_on_unpermitted_parameters = :raise\n")
    asking(boot.tap { |server| server.write("a row", durable: true) })
    ids = ["000000000000", "..%2f..%2fetc%2fpasswd", CGI.escape("/etc/passwd"), CGI.escape(app.database), "%00", "x;id"]

    ids.each do |id|
      expect(status("#{dashboard}/databases/#{id}")).to eq(404).or(eq(400)), id
      %w[syncs snapshots verifications restorations].each do |noun|
        expect(status("#{dashboard}/databases/#{id}/#{noun}", form: { txid: "1" })).to eq(404).or(eq(400)), "#{id} #{noun}"
      end
    end
    %w[../../../etc/passwd 0;id zz 0 11111111111111111].each do |txid|
      expect(status("#{database_page}/restorations", form: { txid: txid })).to eq(422), txid
      expect(status("#{database_page}/restorations/new?target=txid&txid=#{CGI.escape(txid)}")).to eq(422), txid
    end
    %w[yesterday 2026-99-99 ../x].each do |time|
      expect(status("#{database_page}/restorations/new?target=time&time=#{CGI.escape(time)}")).to eq(422), time
    end
    %w[verifications/0 verifications/..%2f..%2fx restorations/0 restorations/..%2f..%2fx].each do |path|
      expect(status("#{database_page}/#{path}")).to eq(404), path
    end
    digest = ask("#{dashboard}/").body[%r{assets/(\h+)/dashboard.js}, 1]
    expect(status("#{dashboard}/assets/#{digest}/dashboard.js")).to eq(200)
    %W[#{digest}/dashboard.rb #{digest}/..%2f..%2f..%2fGemfile 0/dashboard.js].each do |path|
      expect(status("#{dashboard}/assets/#{path}")).to eq(404), path
    end
    expect(Dir.glob(File.join(app.root, "storage/restored/*"))).to be_empty
  end

  it "protects every page: nothing inline, nothing of other sites, no frame, no cache" do
    asking(boot.tap { |server| server.write("a row", durable: true) })

    dashboard_pages.each do |path|
      page = ask(path)
      expect(page["Content-Security-Policy"]).to include("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .and(not_include("unsafe"))
      expect(page["Cache-Control"]).to eq("no-store")
      expect(page.body).not_to match(/<style|\sstyle=|\son\w+=|javascript:/)
      expect(page.body.scan(/<script[^>]*>/)).to match([/\A<script src="#{dashboard}\/assets\/\h+\/dashboard.js" defer>\z/])
    end
  end

  it "escapes what others named, and never shows a secret, whatever happened (fault 8)" do
    hostile = %q{storage/<script>alert(1) ';rm -rf "ü" $(id).sqlite3}
    append_to("config/litestream.yml", "  - path: #{hostile.to_json}\n    replica: { type: s3, bucket: no-such-bucket, path: <b>x, " \
                                       "endpoint: $LITESTREAM_REPLICA_ENDPOINT, access-key-id: $LITESTREAM_ACCESS_KEY_ID, " \
                                       "secret-access-key: $LITESTREAM_SECRET_ACCESS_KEY }\n")
    server = asking(boot)
    run!("sqlite3", File.join(app.root, hostile), "PRAGMA journal_mode=wal; CREATE TABLE t (x)")
    page = database_page(File.join(app.root, hostile))
    poll("the failure to be shown") { ask("#{dashboard}/").body.include?("cannot start") }

    pages = [*dashboard_pages, page, "#{page}/restorations/new?target=latest"].map { |path| ask(path).body }
    pages << ask("#{page}/syncs", form: {}).body << ask("#{page}/verifications", form: {}).body
    server.kill_everything
    asking(boot(app, variables: { "LITESTREAM_SECRET_ACCESS_KEY" => "wrong-secret-key" }))
    pages.concat(dashboard_pages.map { |path| ask(path).body })
    host_file("config/litestream.yml", "dbs:\n  - path: a\n    '<script>alert(2)</script>': $LITESTREAM_SECRET_ACCESS_KEY\n")
    pages << ask("#{dashboard}/").body

    expect(pages.last).to include("The configuration cannot be read").and include("dbs[0].(not shown): unknown key")
    expect(pages.join).to include("&lt;script&gt;alert(1)").and not_include("<script>alert").and not_include("<b>x")
    [*secrets, "wrong-secret-key"].each { |secret| expect(pages.join).not_to include(secret) }
  end

  it "is quick and says so when the store does not answer, and when no replicator does" do
    server = asking(boot.tap { |started| started.write("a row", durable: true) })
    store.stop
    server.write("not replicated")
    began = Harness::ChildProcess.now
    page = poll("the store's silence") { ask(database_page).body.then { |body| body if body.include?("The store does not answer") } }

    expect(Harness::ChildProcess.now - began).to be < 30
    expect(page).not_to include(*secrets)
    timed = Harness::ChildProcess.now
    expect(status(database_page)).to eq(200)
    expect(Harness::ChildProcess.now - timed).to be < 4
    failed = ask("#{database_page}/syncs", form: {})
    expect([failed.code, failed.body]).to match(["422", /role="alert" data-page="#{database_page}"/])
  end

  it "reports to monitoring in JSON, without a request to the store" do
    server = asking(boot.tap { |started| started.write("a row", durable: true) })
    asked = -> { ask("#{dashboard}/health").then { |answer| [answer.code, JSON.parse(answer.body)] } }
    code, health = asked.call
    expect([code, health]).to match(["200", a_hash_including("ok" => true, "state" => "safe", "message" => "Every commit is in the store.",
                                                             "lag_seconds" => 0.0)])
    expect(health["databases"]).to match([a_hash_including("path" => app.database, "state" => "safe", "last_verification" => nil,
                                                           "captured_txid" => /\h{16}/, "replicated_txid" => /\h{16}/)])
    expect(status("#{dashboard}/health", as: nil)).to eq(401)
    before = store.listings
    10.times { asked.call }
    expect(store.listings).to eq(before)
    ask("#{dashboard}/")
    expect(store.listings).to be > before

    host_file("tmp/litestream.yml", "no longer: [what a replicator\ncan read")
    Process.kill("KILL", server.await_replicator)
    poll("bad news") { asked.call.first == "503" }
    expect(asked.call.last).to include("ok" => false, "state" => "failing", "message" => /No replicator answers/)
    expect(ask("#{dashboard}/health").body).not_to include(*secrets)
  end

  it "says which file it cannot read" do
    asking(boot.tap { |server| server.write("a row", durable: true) })
    File.delete(File.join(app.root, "config/litestream.yml"))
    Dir.mkdir(File.join(app.root, "config/litestream.yml"))

    [ask("#{dashboard}/"), ask("#{dashboard}/databases/000000000000"), ask("#{database_page}/syncs", form: {})].each do |page|
      expect([page.code, page.body]).to match(["500", /read config.litestream.yml.*directory/m])
    end
  end

  it "serves a host without sessions, cookies and views of its own, in a language that it does not speak" do
    host_file("app/controllers/application_controller.rb", "class ApplicationController < ActionController::API; end")
    host_file("app/controllers/admin/base_controller.rb", <<~RUBY)
      class Admin::BaseController < ApplicationController
        include ActionController::HttpAuthentication::Basic::ControllerMethods
        before_action { authenticate_or_request_with_http_basic { |name, password| Account.authenticate(name, password)&.admin? } }
      end
    RUBY
    host_file("config/routes.rb", <<~RUBY)
      Rails.application.routes.draw do
        resources :notes, only: :index
        mount Litestream::Engine, at: "#{dashboard}"
      end
    RUBY
    %w[notes litestream].each { |name| File.delete(File.join(app.root, "app/controllers/admin/#{name}_controller.rb")) }
    host_file("app/controllers/notes_controller.rb", "class NotesController < ApplicationController\n  def index = render(json: [])\nend")
    append_to("config/application.rb", <<~RUBY)
      LibReverse::Application.config.api_only = true
      LibReverse::Application.config.i18n.available_locales = [:de]
      LibReverse::Application.config.i18n.default_locale = :de
    RUBY
    asking(boot)
    poll("the dashboard to be safe") { ask("#{dashboard}/").body.include?("Every commit is in the store.") }

    expect(status("#{dashboard}/", as: nil)).to eq(401)
    english = not_include("missing").and(include("<html lang=\"en\">"))
    dashboard_pages.each { |path| expect(ask(path)).to have_attributes(code: "200", body: english), path }
    expect(status("#{database_page}/syncs", form: {})).to eq(303)
    expect(JSON.parse(ask("#{dashboard}/health").body)).to include("ok" => true)
  end
end
