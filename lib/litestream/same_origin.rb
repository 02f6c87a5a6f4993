# frozen_string_literal: true

require "active_support/concern"
require_relative "dashboard/texts"

module Litestream
  # For a controller without sessions: nothing but pages of the same origin sends it forms. See docs/adr/0007-dashboard-forgery.md.
  module SameOrigin
    extend ActiveSupport::Concern

    included do
      # A token would need a session, which an API-only application has not.
      if include?(ActionController::RequestForgeryProtection)
        skip_forgery_protection raise: false
        self.allow_forgery_protection = false
      end
      before_action :require_same_origin, unless: -> { request.get? || request.head? }
    end

    private

    # Every browser sends one of the two headers with a form. Who sends neither is no browser with somebody's password in
    # it, and can add one.
    def require_same_origin
      site = request.headers["Sec-Fetch-Site"]
      return if site ? site == "same-origin" : request.origin == request.base_url

      render plain: Dashboard::Texts.text("access.foreign"), status: :forbidden
    end
  end
end
