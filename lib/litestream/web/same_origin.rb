# frozen_string_literal: true

require "active_support/concern"
require_relative "../translations"

module Litestream
  # Lets a controller do nothing that a page of another site asks for. See docs/adr/0007-dashboard-forgery.md.
  module SameOrigin
    extend ActiveSupport::Concern

    included do
      # It would answer in its own way, and is asked below.
      skip_forgery_protection if include?(ActionController::RequestForgeryProtection)
      before_action :require_same_origin, unless: -> { request.get? || request.head? }
    end

    class_methods do
      # For pages without sessions, which tokens need.
      def without_tokens
        self.allow_forgery_protection = false if include?(ActionController::RequestForgeryProtection)
      end
    end

    private

    def require_same_origin
      refuse_foreign(Translations.text("access.foreign")) unless of_own_page? || with_token?
    end

    def refuse_foreign(text)
      render plain: text, status: :forbidden
    end

    # Every browser sends one of the two headers with a form. Who sends neither is no browser with somebody's password in
    # it, and can add one.
    def of_own_page?
      site = request.headers["Sec-Fetch-Site"]
      site ? site == "same-origin" : request.origin == request.base_url
    end

    # The host's own, where it has any: Rails takes every request for verified where it has not.
    def with_token?
      self.class.include?(ActionController::RequestForgeryProtection) && protect_against_forgery? && verified_request?
    rescue ActionController::InvalidAuthenticityToken
      # Raised for an Origin of "null".
      false
    end
  end
end
