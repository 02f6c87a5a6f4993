# frozen_string_literal: true

require "active_support/concern"

module Litestream
  # Adds to a controller that may derive from ActionController::API the parts that render pages.
  # @api private
  module ApiRendering
    extend ActiveSupport::Concern

    included do
      unless self < ActionController::Base
        routes = _routes
        include ActionController::Helpers
        include ActionController::MimeResponds
        include ActionView::Layouts
        # Action View returns nil, and then a page has no paths.
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
