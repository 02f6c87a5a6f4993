# frozen_string_literal: true

module Litestream
  # Refuses requests that the guard of Dashboard::Access does not let in, and forms of any page but the dashboard's own.
  module Authentication
    extend ActiveSupport::Concern

    included do
      before_action :require_guard
      include SameOrigin
      without_tokens
    end

    private

    def require_guard
      case Dashboard::Access.new.guard
      when "password" then require_password
      when nil then closed
      end
    end

    def require_password
      authenticate_or_request_with_http_basic("Litestream", Translations.text("access.denied")) do |name, password|
        Dashboard::Access.new.password?(name, password)
      end
    end

    # A status of 401 must name a scheme. With one that they know, browsers would ask for a password that does not exist.
    def closed
      response.set_header("WWW-Authenticate", "Closed")
      render plain: Translations.text("access.closed"), status: :unauthorized
    end
  end
end
