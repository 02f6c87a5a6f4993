# frozen_string_literal: true

require "openssl"

module Litestream
  module Dashboard
    # Access to the dashboard. It is closed until the configuration names a guard:
    #
    # password::        config.litestream.username and password, or LITESTREAM_USERNAME and LITESTREAM_PASSWORD
    # base_controller:: config.litestream.base_controller_class, a controller of the application that lets only administrators in
    # routes::          config.litestream.dashboard_guard = "routes": the engine is mounted inside a constraint
    class Access
      # The guards, by their names in the configuration.
      GUARDS = %w[password base_controller routes].freeze

      # The setting that a guard needs.
      REQUIRED = { "password" => "password", "base_controller" => "base_controller_class" }.freeze
      private_constant :REQUIRED

      def initialize(configuration = Litestream.configuration)
        @configuration = configuration
      end

      # @return [String, nil] one of GUARDS; nil: closed
      # @raise [ConfigurationError]
      def guard
        chosen = @configuration.dashboard_guard&.to_s
        return nearest unless chosen
        return chosen if GUARDS.include?(chosen) && possible?(chosen)

        advice = REQUIRED.key?(chosen) ? "set config.litestream.#{REQUIRED[chosen]}, too" : "use one of #{GUARDS.join(", ")}"
        raise ConfigurationError, "config.litestream.dashboard_guard is #{chosen.inspect}: #{advice}"
      end

      # The superclass of the dashboard's controllers.
      def base_controller
        @configuration.base_controller_class ? @configuration.base_controller_class.to_s.constantize : ::ActionController::Base
      end

      # Takes the same time for every wrong name or password.
      def password?(name, password)
        return false unless possible?("password")

        same?(name, @configuration.username) & same?(password, @configuration.password)
      end

      private

      # A password precedes a controller, so that it can be demanded in addition.
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
