# frozen_string_literal: true

module Litestream
  module Generators
    # Who sees the admin page and the dashboard, in sentences: by the files as they are when the generator is through, which may
    # have kept what was there.
    class AccessSummary
      # `controller`: the text of the admin page's, where it was kept. `initializer_made`: nobody has read it yet.
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
          "whoever #{base} lets in sees /admin/litestream"
        else
          "app/controllers/admin/litestream_controller.rb, which was kept, decides who sees /admin/litestream"
        end
      end

      def dashboard
        case Dashboard::Access.new(@configuration).guard
        when "base_controller" then "whoever #{guard} lets in sees the dashboard"
        when "password" then "the dashboard asks for LITESTREAM_PASSWORD#{" whomever #{guard} lets in" if guard}"
        when "routes" then "whoever its route lets in sees the dashboard"
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
