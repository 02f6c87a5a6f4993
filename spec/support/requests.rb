# frozen_string_literal: true

# Requests to the running reference app, as a page of it sends them.
module Requests
  # `as`: an account of the reference app, or a name and a password; nil: no credentials. Returns a Net::HTTPResponse, also of a
  # redirect.
  def ask(path, form: nil, as: "admin", headers: { "Sec-Fetch-Site" => "same-origin" })
    @asked.request(form ? "post" : "get", path, as: as, form: form, headers: { "Accept" => "text/html", **headers })
  end

  # The server of all further requests.
  def asking(server) = @asked = server

  def status(...) = ask(...).code.to_i
end

RSpec.configure { |config| config.include Requests, :dashboard_requests }
