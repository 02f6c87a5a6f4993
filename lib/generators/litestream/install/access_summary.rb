# frozen_string_literal: true

module Litestream
  module Generators
    # Access to the admin page and the dashboard, in sentences, from the files as the generator leaves them. It may have kept some.
    class AccessSummary
      # @param controller [String, nil] text of the admin page's controller, where it was kept
      # @param initializer_made [Boolean] true: this process has not loaded it yet
      def initialize(host, controller:, initializer_made:)
        @host = host
        @controller = controller
        @configuration = Litestream.configuration
        @configuration.base_controller_class = base if initializer_made && base
      end

      def admin_page
        if asks_for_password?
          "/admin/litestream asks for LITESTREAM_USERNAME and LITESTREAM_PASSWORD, and is closed without a password"
        elsif base && (@controller.nil? || @controller.include?("class LitestreamController < #{@host.base_controller}\n"))
          "#{base} guards /admin/litestream"
        else
          "app/controllers/admin/litestream_controller.rb, which was kept, guards /admin/litestream"
        end
      end

      def dashboard
        case Dashboard::Access.new(@configuration).guard
        when "base_controller" then "#{guard} guards the dashboard"
        when "password" then "the dashboard asks for LITESTREAM_PASSWORD#{" in addition to #{guard}" if guard}"
        when "routes" then "the constraint of its route guards the dashboard"
        else "the dashboard is closed until LITESTREAM_PASSWORD or #{setting} is set"
        end
      rescue ConfigurationError => e
        "the dashboard is closed: #{e.message}"
      end

      private

      def base = @host.base_controller && @host.base_controller_name

      def asks_for_password? = @controller ? @controller.match?(/^\s*include .*BasicAuthentication/) : base.nil?

      def setting = %(config.litestream.base_controller_class = "#{base || "Admin::BaseController"}")

      def guard = @configuration.base_controller_class
    end
  end
end
