# frozen_string_literal: true

# Requests to /admin/litestream, as programs and as browsers send them.
module AdminRequests
  attr_reader :server

  # The status, and the answer: parsed where it is JSON. `as`: an account of the reference app, or a name and a password.
  def ask(verb, path, as: "admin", headers: {}, **form)
    response = server.request(verb, "/admin/litestream#{path}", as: as, headers: headers, form: form.empty? ? nil : form)
    [response.code.to_i, response.content_type == "application/json" ? JSON.parse(response.body) : response.body]
  end

  def see(path, **options) = ask("get", path, headers: Harness::Server::HTML, **options)

  def named(path) = "?#{URI.encode_www_form(database: path)}"

  # The token of the host's forms, and the cookie that belongs to it.
  def token_and_cookie
    page = server.request("get", "/admin/litestream", as: "admin", headers: Harness::Server::HTML)
    [CGI.unescapeHTML(page.body[/name="csrf-token" content="([^"]+)"/, 1]), page["Set-Cookie"][/\A[^;]+/]]
  end

  # As a script of a page sends it.
  def verify(database, **form)
    token, cookie = token_and_cookie
    ask("post", "/verify", headers: { "Cookie" => cookie, "X-CSRF-Token" => token }, database: database, **form)
  end

  def outcome(url)
    poll("the end of #{url}") { ask("get", url.delete_prefix("/admin/litestream")).last.then { |it| it unless it["success"].nil? } }
  end
end

RSpec.configure { |config| config.include AdminRequests, :admin_requests }
