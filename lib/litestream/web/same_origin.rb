# frozen_string_literal: true

require "active_support/concern"
require_relative "../translations"

module Litestream
  # Refuses requests to change something that a page of another site sent. See docs/adr/0007-dashboard-forgery.md.
  # @api private
  module SameOrigin
    extend ActiveSupport::Concern

    included do
      # It would refuse in its own way; #with_token? uses it.
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

    # Every browser sends one of the two headers with a form. A client that sends neither is no browser that holds a reader's
    # password, and can add one.
    def of_own_page?
      site = request.headers["Sec-Fetch-Site"]
      site ? site == "same-origin" : request.origin == request.base_url
    end

    # A token of the host, where it uses tokens. Where it does not, Rails takes every request for verified.
    def with_token?
      self.class.include?(ActionController::RequestForgeryProtection) && protect_against_forgery? && verified_request?
    rescue ActionController::InvalidAuthenticityToken
      # Raised for an Origin of "null".
      false
    end
  end
end
