# frozen_string_literal: true

module Litestream
  # Lets nobody in whom Dashboard::Access does not, and nothing but its own pages send forms.
  module Guarded
    extend ActiveSupport::Concern

    included do
      # A token would need a session, which an API-only application has not. See docs/adr/0007-dashboard-forgery.md.
      if include?(ActionController::RequestForgeryProtection)
        skip_forgery_protection raise: false
        self.allow_forgery_protection = false
      end
      before_action :require_guard
      before_action :require_same_origin, unless: -> { request.get? || request.head? }
    end

    private

    def require_guard
      case Dashboard::Access.new.guard
      when "password" then require_password
      when nil then closed
      end
    end

    def require_password
      authenticate_or_request_with_http_basic("Litestream", Dashboard::Texts.text("access.denied")) do |name, password|
        Dashboard::Access.new.password?(name, password)
      end
    end

    # A status of 401 must name a scheme; one that browsers know would ask for a password that there is not.
    def closed
      response.set_header("WWW-Authenticate", "Closed")
      render plain: Dashboard::Texts.text("access.closed"), status: :unauthorized
    end

    # Every browser sends one of the two headers with a form. Who sends neither is no browser with somebody's password in
    # it, and can add one.
    def require_same_origin
      site = request.headers["Sec-Fetch-Site"]
      return if site ? site == "same-origin" : request.origin == request.base_url

      render plain: Dashboard::Texts.text("access.foreign"), status: :forbidden
    end
  end
end
