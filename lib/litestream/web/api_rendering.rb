# frozen_string_literal: true

require "active_support/concern"

module Litestream
  # For a controller that may derive from ActionController::API: what that lacks to show pages.
  module ApiRendering
    extend ActiveSupport::Concern

    included do
      unless self < ActionController::Base
        routes = _routes
        include ActionController::Helpers
        include ActionController::MimeResponds
        include ActionView::Layouts
        # Action View's own answer is nil, and then a page has no paths.
        define_singleton_method(:_routes) { routes }
        include JsonFirst
      end
    end

    # Action View, included late, would look for a template of JSON.
    module JsonFirst
      def render_to_body(options = {}) = _render_to_body_with_renderer(options) || super
    end
  end
end
