# frozen_string_literal: true

module Litestream
  module Generators
    # The conventions of an application, from its files.
    class HostApplication
      BASE_CONTROLLERS = { "app/controllers/admin/base_controller.rb" => "BaseController",
                           "app/controllers/admin/application_controller.rb" => "ApplicationController",
                           "app/controllers/admin_controller.rb" => "::AdminController" }.freeze
      CONTROLLERS = "app/javascript/controllers"
      private_constant :BASE_CONTROLLERS, :CONTROLLERS

      def initialize(root, options)
        @root = root
        @options = options
      end

      # Its name as written in the module Admin; nil where no controller is known to let in only administrators.
      def base_controller
        given = @options[:base_controller]
        return "::#{given.delete_prefix("::")}" if given

        BASE_CONTROLLERS.find { |path, _| exists?(path) }&.last
      end

      # The full name, where there is one.
      def base_controller_name
        base_controller.start_with?("::") ? base_controller.delete_prefix("::") : "Admin::#{base_controller}"
      end

      def haml?
        return @options[:view] == "haml" if @options[:view]

        ::Rails::Generators.options.dig(:rails, :template_engine) == :haml || any?("app/views/**/*.haml")
      end

      # Some applications name HAML files with the format, some without.
      def view_name
        return "index.html.erb" unless haml?

        any?("app/views/**/*.html.haml") ? "index.html.haml" : "index.haml"
      end

      def stimulus?
        return @options[:script] != "plain" if @options[:script]

        exists?(CONTROLLERS) || mentions?("package.json", %r{"@hotwired/stimulus"|"stimulus"}) ||
          mentions?("config/importmap.rb", /stimulus/)
      end

      def coffee?
        return @options[:script] == "coffee" if @options[:script]

        stimulus? && any?("app/javascript/**/*.coffee")
      end

      # A plain script needs no pipeline: the view names it.
      def script_path
        return "public/admin_litestream.js" unless stimulus?

        "#{CONTROLLERS}/admin_litestream_controller.#{coffee? ? "coffee" : "js"}"
      end

      # The file that registers each controller; nil where they register themselves.
      def script_manifest
        path = "#{CONTROLLERS}/index.js"
        path if stimulus? && mentions?(path, /^application\.register\(/)
      end

      private

      def exists?(path) = File.exist?(File.join(@root, path))

      def any?(pattern) = Dir.glob(pattern, base: @root).any?

      def mentions?(path, pattern) = exists?(path) && File.read(File.join(@root, path)).match?(pattern)
    end
  end
end
