# frozen_string_literal: true

module Litestream
  module Admin
    # For a host without administrators of its own: config.litestream.username and password. Without a password nobody gets in.
    module BasicAuthentication
      extend ActiveSupport::Concern

      included do
        include ActionController::HttpAuthentication::Basic::ControllerMethods
        before_action :require_litestream_password
      end

      private

      def require_litestream_password
        authenticate_or_request_with_http_basic("Litestream") { |name, password| litestream_password?(name, password) }
      end

      # Takes the same time whatever is wrong.
      def litestream_password?(name, password)
        settings = Litestream.configuration
        known = ActiveSupport::SecurityUtils.secure_compare(name.to_s, settings.username.to_s) &
                ActiveSupport::SecurityUtils.secure_compare(password.to_s, settings.password.to_s)
        known && !settings.password.nil?
      end
    end
  end
end
