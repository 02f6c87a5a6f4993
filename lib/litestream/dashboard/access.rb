# frozen_string_literal: true

require "openssl"

module Litestream
  module Dashboard
    # Who may see the dashboard. Nobody, until the configuration says who guards it:
    #
    # password::        config.litestream.username and password, or LITESTREAM_USERNAME and LITESTREAM_PASSWORD
    # base_controller:: config.litestream.base_controller_class, a controller of the application that refuses everybody else
    # routes::          config.litestream.dashboard_guard = "routes": the engine is mounted inside a constraint
    class Access
      GUARDS = %w[password base_controller routes].freeze

      def initialize(configuration = Litestream.configuration)
        @configuration = configuration
      end

      # One of GUARDS, or nil: closed.
      def guard
        chosen = @configuration.dashboard_guard&.to_s
        return nearest unless chosen
        return chosen if GUARDS.include?(chosen) && possible?(chosen)

        raise ConfigurationError, "config.litestream.dashboard_guard is #{chosen.inspect}: " \
                                  "#{GUARDS.include?(chosen) ? "what it needs is not set" : "use one of #{GUARDS.join(", ")}"}"
      end

      # What the dashboard's controllers inherit from.
      def base_controller
        @configuration.base_controller_class ? @configuration.base_controller_class.to_s.constantize : ::ActionController::Base
      end

      # Takes the same time whatever is wrong.
      def password?(name, password)
        return false unless possible?("password")

        same?(name, @configuration.username) & same?(password, @configuration.password)
      end

      private

      # A password counts for more than a controller, so that it can be demanded in addition.
      def nearest
        %w[password base_controller].find { |guard| possible?(guard) }
      end

      def possible?(guard)
        case guard
        when "password" then !@configuration.password.nil?
        when "base_controller" then !@configuration.base_controller_class.nil?
        else true
        end
      end

      def same?(given, expected)
        OpenSSL.secure_compare(given.to_s, expected.to_s)
      end
    end
  end
end
