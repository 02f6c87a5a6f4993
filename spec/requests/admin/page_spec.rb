# frozen_string_literal: true

require "spec_helper"

# Every route of Litestream::Admin over HTTP, in the reference app in production.
RSpec.describe "/admin/litestream", :integration, :admin_requests do
  context "when all is well" do
    before do
      @server = boot
      server.write("one", durable: true)
    end

    it "answers each route" do
      expect(ask("get", "")).to match [200, a_hash_including("verdict" => "good", "enabled" => true, "databases" => 1,
                                                             "process" => a_hash_including("status" => "running"))]
      expect(ask("get", "/databases")).to eq [200, [{ "path" => app.database, "replicas" => "s3" }]]
      expect(ask("get", "/generations#{named(app.database)}"))
        .to match [200, [a_hash_including("name" => "s3", "generation" => "0000000000000001", "start" => /Z\z/, "end" => /Z\z/)]]
      expect(ask("get", "/snapshots#{named(app.database)}"))
        .to match [200, [a_hash_including("index" => /\A\h{16}\z/, "size" => be_positive, "created" => /Z\z/)]]

      status, answer = verify(app.database)
      expect([200, 202]).to include(status)
      expect(outcome(answer["url"])).to include("success" => true, "state" => "passed", "message" => /restores to the database/)
    end

    it "begins a verification at once for a client that does not wait, and joins it" do
      status, answer = verify(app.database, wait: 0)
      expect([status, answer["id"]]).to match [eq(200).or(eq(202)), /\A\h{12}-\h{16}\z/]
      expect(outcome(answer["url"])["success"]).to be true
    end

    it "answers browsers with pages, without scripts too" do
      expect(see("")).to match [200, include("Every commit is in the store.")]
      expect(see("/generations#{named(app.database)}")).to match [200, include("<td>0000000000000001</td>")]
      expect(see("/snapshots#{named(app.database)}")).to match [200,
                                                                %r{<th scope=.col.>TXID</th>}]
      sent = server.request("post", "/admin/litestream/verify", as: "admin", form: { database: app.database },
                                                                headers: { **Harness::Server::HTML, "Sec-Fetch-Site" => "same-origin" })
      expect([sent.code, sent["Location"]]).to match ["303", %r{/admin/litestream/verifications/\h}]
      shown = poll("a page that does not refresh itself") do
        page = server.request("get", URI(sent["Location"]).path, as: "admin", headers: Harness::Server::HTML)
        page unless page["Refresh"]
      end
      expect(shown.body).to include("restores to the database as it was at TXID")
    end

    it "knows no database but the configured ones, whole paths, and says so (fault 9)" do
      %w[/generations /snapshots].each do |path|
        expect(ask("get", path)).to match [400, a_hash_including("error" => /`database` is missing/)]
        expect(ask("get", "#{path}?database=")[0]).to eq 400
        expect(ask("get", "#{path}?database[]=x")[0]).to eq 400
        expect(ask("get", "#{path}?database[x]=y")[0]).to eq 400
      end
      hostile = ["/etc/passwd", "../storage/production.sqlite3", "storage/production.sqlite3",
                 "#{app.root}/config/../storage/production.sqlite3", "#{app.database}-wal", "#{app.database}\0",
                 "$(touch #{app.root}/pwned)", "; touch #{app.root}/pwned", "x' OR 1=1 --", "é\u{1F4A5}"]
      hostile.each do |path|
        expect(ask("get", "/generations#{named(path)}")).to match [404, a_hash_including("success" => false)]
        expect(verify(path)).to match [404, a_hash_including("success" => false)]
      end
      expect(see("/generations#{named("<script>alert(1)</script>")}")).to match [404, not_include("<script>alert")]
      expect(ask("get", "/verifications/#{"0" * 12}-#{"0" * 16}")[0]).to eq 404
      expect(File.exist?(File.join(app.root, "pwned"))).to be false
      expect(Dir[File.join(app.root, "**/*.sqlite3")].size).to eq 1
    end

    it "has no switch where the application keeps no setting for it" do
      token, cookie = token_and_cookie
      headers = { "Cookie" => cookie, "X-CSRF-Token" => token }
      %w[/enable /disable].each do |path|
        expect(ask("post", path, headers: headers, commit: "x")).to match [404, a_hash_including("error" => /keeps no setting/)]
      end
      expect(see("")).to match [200, not_include("Disable replication")]
    end

    it "is for administrators" do
      ["", "/databases", "/generations#{named(app.database)}", "/snapshots#{named(app.database)}", "/verifications/1"].each do |path|
        expect(ask("get", path, as: nil)[0]).to eq 401
        expect(ask("get", path, as: %w[admin wrong])[0]).to eq 401
        expect(ask("get", path, as: "user")[0]).to eq 403
      end
      expect(ask("get", "").last["databases"]).to eq 1
      expect(ask("get", "/verify")[0]).to eq 404
    end

    it "shows no secret on any page" do
      secrets = [Harness::S3Server::ACCESS_KEY_ID, Harness::S3Server::SECRET_ACCESS_KEY]
      store.stop
      pages = ["", "/generations#{named(app.database)}", "/snapshots#{named(app.database)}"]
      texts = pages.flat_map { |path| [ask("get", path), see(path)] } << verify(app.database)
      texts.each { |_, text| expect(text.to_s).not_to include(*secrets) }
      expect(app.read("log/production.log")).not_to include(*secrets)
    end
  end

  it "says what a failed verification found, with 422" do
    @server = boot
    server.write("one", durable: true)
    ask("get", "/snapshots#{named(app.database)}")
    empty_bucket
    status, answer = verify(app.database)
    answer = outcome(answer["url"]) if status == 202
    expect(answer).to include("success" => false, "error" => /verification of .* failed/, "state" => "failed")
    expect(status).to eq(422).or eq(202)

    store.stop
    server.write("two")
    expect(verify(app.database, wait: 0).last).to include("state" => "running")
    expect(ask("get", "").last).to include("verdict" => "bad", "message" => /nothing can be restored|does not restore to this database/)
  end

  context "when the store does not answer" do
    before do
      @server = boot
      server.write("one", durable: true)
      store.stop
    end

    it "says so, with 503, and keeps no request longer than ten seconds" do
      began = Harness::ChildProcess.now
      expect(ask("get", "/generations#{named(app.database)}")).to match [503, a_hash_including("error" => /answer|connect|reach/i)]
      expect(Harness::ChildProcess.now - began).to be < 13
      expect(see("/snapshots#{named(app.database)}")[0]).to eq 503
      expect(see("")).to match [200, include("production.sqlite3")]
    end

    it "lets a verification wait while requests do not" do
      began = Harness::ChildProcess.now
      server.write("two")
      status, answer = verify(app.database)
      expect(status).to eq 202
      expect(Harness::ChildProcess.now - began).to be < 4
      expect(ask("get", "/verifications/#{answer["id"]}")).to match [200, a_hash_including("success" => nil, "state" => "running")]
      expect(verify(app.database, wait: 0).last["id"]).to eq answer["id"]
    end
  end

  it "answers with 503 where replication is off or not configured, and says why on the page" do
    off = new_app(variables: store.environment).tap do |app|
      app.write("config/initializers/off.rb", "Rails.application.config.litestream.enabled = false")
      app.rails!("db:migrate")
    end
    @server = boot(off)
    expect(ask("get", "/databases")).to match [503, a_hash_including("error" => /switched off/)]
    expect(ask("get", "/generations#{named(off.database)}")[0]).to eq 503
    expect(verify(off.database)[0]).to eq 503
    expect(ask("get", "")).to match [200, a_hash_including("enabled" => false, "verdict" => "warn")]
    expect(see("")).to match [200, include("Replication is switched off by config.litestream.enabled.")]
  end

  it "in development names the variables that are missing" do
    development = new_app(mode: "development")
    development.rails!("db:migrate")
    @server = boot(development)
    expect(ask("get", "/databases")).to match [503, a_hash_including("error" => /variables are missing: LITESTREAM_REPLICA_BUCKET/)]
    expect(see("")).to match [200, include("LITESTREAM_SECRET_ACCESS_KEY", "missing")]
  end

  def empty_bucket
    # The store loses everything, as if the bucket had been emptied: another server at the same address.
    address = URI(store.address)
    store.stop
    @store = Harness::S3Server.new(Dir.mktmpdir("s3-", directory), port: address.port)
  end
end
