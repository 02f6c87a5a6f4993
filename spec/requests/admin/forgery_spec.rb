# frozen_string_literal: true

require "spec_helper"
require "open3"
require "shellwords"

# Administrators may change something at /admin/litestream, pages of other sites may not. See docs/adr/0007-dashboard-forgery.md.
RSpec.describe "A form sent to /admin/litestream", :integration, :admin_requests do
  let(:actions) { %w[/verify /enable /disable] }
  let(:own_page) { { "Sec-Fetch-Site" => "same-origin" } }
  let(:foreign_pages) do
    [{}, { "Sec-Fetch-Site" => "cross-site" }, { "Sec-Fetch-Site" => "same-site" }, { "Sec-Fetch-Site" => "none" },
     { "Origin" => "https://elsewhere.example" }, { "Origin" => "null" },
     { "Sec-Fetch-Site" => "cross-site", "Origin" => server.address }]
  end
  let(:refusal) do
    { "success" => false, "error" => /does not come from a page.* must send the header Sec-Fetch-Site: same-origin/ }
  end

  def send_to(path, headers = {}, as: "admin") = ask("post", path, as: as, headers: headers, database: app.database, wait: 0)

  def verifications = app.rails!("runner", "p Litestream::Verifications.recent(Litestream::Database.all[0])").out.strip

  def expect_verification(answered)
    status, answer = answered
    expect([200, 202]).to include(status)
    expect(outcome(answer["url"])).to include("success" => true)
  end

  # It takes every form, some without their session, and keeps a setting for the switch.
  def careless_host
    app.write("config/initializers/setting.rb", <<~RUBY)
      Rails.application.config.litestream.enabled = -> { true }
      Rails.application.config.litestream.switch = ->(_on) {}
    RUBY
    base = "app/controllers/admin/base_controller.rb"
    app.write(base, app.read(base).sub('layout "admin"', %(protect_from_forgery with: :null_session\n    layout "admin")))
  end

  it "is accepted from an administrator only, with the host's token or from a page of the same origin" do
    @server = boot
    server.write("one", durable: true)
    token, cookie = token_and_cookie
    with_token = { "Cookie" => cookie, "X-CSRF-Token" => token }
    good = [with_token, own_page, { "Origin" => server.address }]

    actions.product([{}, *good]).each do |path, headers|
      expect([nil, %w[admin wrong], "user"].map { |who| send_to(path, headers, as: who)[0] }).to eq([401, 401, 403]), "#{path} #{headers}"
    end
    expect(actions.map { |path| send_to(path) }).to all match([403, refusal])
    expect(verifications).to eq "[]"

    good.each { |headers| expect_verification(send_to("/verify", headers)) }
  end

  it "is refused with a token of no session or another one, or from another site" do
    @server = boot
    token, cookie = token_and_cookie
    forged = [{ "X-CSRF-Token" => token }, { "X-CSRF-Token" => "forged", "Cookie" => cookie },
              { "X-CSRF-Token" => token, "Cookie" => cookie, "Origin" => "https://elsewhere.example" },
              { "X-CSRF-Token" => token, "Cookie" => cookie, "Origin" => "null" }]
    actions.product(forged).each { |path, headers| expect(send_to(path, headers)).to match([403, refusal]), "#{path} #{headers}" }
  end

  it "is refused when another site sends it, although the host takes forms without a token" do
    careless_host
    @server = boot
    server.write("one", durable: true)
    actions.product(foreign_pages).each do |path, headers|
      expect(send_to(path, headers)).to match([403, refusal]), "#{path} #{headers}"
      expect(send_to(path, headers.merge(Harness::Server::HTML))).to match([403, /<p class=.flash alert.*does not come from a page/m])
    end
    expect(verifications).to eq "[]"
    expect(ask("get", "")[1]).to include("enabled" => true, "verdict" => "good")
    expect(send_to("/enable", own_page)).to match [200, a_hash_including("success" => true)]
  end

  it "is refused when another site sends it, although the host's protection is switched off" do
    app.write("config/initializers/careless.rb", "Rails.application.config.action_controller.allow_forgery_protection = false\n")
    @server = boot
    server.write("one", durable: true)
    foreign_pages.each { |headers| expect(send_to("/verify", headers)).to match([403, refusal]), headers.to_s }
    expect_verification(send_to("/verify", own_page))
  end

  # The request in README.md, with the values of this server in place of its own.
  def command
    line = File.read(File.expand_path("../../../README.md", __dir__)).gsub(/\\\n\s*/, "")[%r{^curl .*/admin/litestream/verify$}]
    Shellwords.split(line).map do |word|
      word.sub(%r{\Ahttps://[^/]+}, server.address).sub(/\Adatabase=.*/, "database=#{app.database}")
          .sub(/\A\w+:\w+\z/, "admin:#{Harness::Server::PASSWORDS["admin"]}")
    end
  end

  def curl(command)
    out, status = Open3.capture2(*command, "--silent", "--include")
    raise "curl: #{status}" unless status.success?

    head, body = out.split("\r\n\r\n", 2)
    [head[/\AHTTP\S+ (\d+)/, 1].to_i, JSON.parse(body)]
  end

  it "is accepted from a program with the header of README.md, and answered in JSON, also where it is refused" do
    @server = boot
    server.write("one", durable: true)
    header = command[command.index("-H") + 1]
    whatever = { "Accept" => "*/*" }
    expect_verification(send_to("/verify", whatever.merge([header.split(": ")].to_h)))
    expect(send_to("/verify", whatever)).to match [403, refusal]

    expect_verification(curl(command))
    expect(curl(command - ["-H", header])).to match [403, refusal]
    unknown = command.map { |word| word.sub(/\Adatabase=.*/, "database=/etc/passwd") }
    expect(curl(unknown)).to match [404, a_hash_including("success" => false)]
  end
end
