# frozen_string_literal: true

require "rails/generators"
require_relative "dashboard_mount"
require_relative "access_summary"
require_relative "host_application"
require_relative "sqlite_databases"

module Litestream
  module Generators
    # Everything that a Rails application needs to replicate and to show it. It may run again: existing files are kept.
    class InstallGenerator < ::Rails::Generators::Base
      source_root File.expand_path("templates", __dir__)
      desc "Sets up continuous backup of this application's SQLite databases"

      class_option :puma, type: :boolean, default: false,
                          desc: "Start with Puma, by `plugin :litestream` in config/puma.rb, instead of by an initializer"
      class_option :docker, type: :boolean, default: false,
                            desc: "Restore missing databases before bin/docker-entrypoint prepares the database"
      class_option :base_controller, type: :string,
                                     desc: "Full name of the controller that lets in administrators only [default: as found]"
      class_option :view, type: :string, enum: %w[haml erb], desc: "Language of the view [default: as the other views]"
      class_option :script, type: :string, enum: %w[coffee js plain],
                            desc: "Stimulus in CoffeeScript or JavaScript, or a script by itself [default: as the other scripts]"

      def configuration
        keep_or_template "config/litestream.yml", "litestream.yml.tt"
        @initializer_made = !exists?(INITIALIZER)
        keep_or_template INITIALIZER, "litestream.rb.tt"
        left_out.each { |database| say_status :left_out, "#{database.path} (#{database.reason})", :yellow }
        return unless databases.empty?

        say_status :attention, "config/database.yml names no SQLite database for production: put its path into config/litestream.yml", :red
      end

      def process
        return keep_or_copy("config/initializers/litestream_in_process.rb", "litestream_in_process.rb") unless options[:puma]

        add_line "config/puma.rb", "plugin :litestream", "# Starts the replicator beside the server, and ends it with the server."
      end

      def procfile
        return create_file("Procfile.dev", "web: bin/rails server\n#{PROCFILE_LINE}\n") unless exists?("Procfile.dev")

        add_line "Procfile.dev", PROCFILE_LINE, unless_matching: /^litestream:/
      end

      def docker_entrypoint
        return unless options[:docker]

        entrypoint = "bin/docker-entrypoint"
        unless exists?(entrypoint) && read(entrypoint).match?(PREPARES)
          return say_status :attention, "#{entrypoint} prepares no database: add ./bin/rails litestream:prepare before db:prepare", :red
        end
        return say_status :kept, entrypoint, :blue if read(entrypoint).include?("litestream:prepare")

        inject_into_file entrypoint, before: PREPARES do
          line = read(entrypoint)[PREPARES]
          "#{line[/\A\s*/]}./bin/rails litestream:prepare\n"
        end
      end

      def admin_page
        @kept_controller = read(CONTROLLER) if exists?(CONTROLLER)
        keep_or_template CONTROLLER, "litestream_controller.rb.tt"
        keep_or_template "app/views/admin/litestream/#{host.view_name}", host.haml? ? "index.haml.tt" : "index.html.erb.tt"
        keep_or_template host.script_path, host.coffee? ? "admin_litestream_controller.coffee" : "admin_litestream_controller.js.tt"
        register_script if host.script_manifest
        keep_or_copy "public/admin_litestream.css", "admin_litestream.css"
      end

      def routes
        return say_status :kept, "config/routes.rb", :blue if read("config/routes.rb").include?("litestream#index")
        return say_status :attention, IN_THE_WAY, :red if mount.in_the_way?

        say_status :kept, "the dashboard's route #{mount.place}; the admin page links to it", :blue if mount.exist?
        inject_into_file "config/routes.rb", "#{routes_text}\n", after: /\.routes\.draw do.*\n/
      end

      def explain
        say_status :ready, "set #{required.join(", ")}; without them a server in production does not boot", :green
        say_status :attention, "found no controller for administrators", :yellow unless host.base_controller
        [doors.admin_page, (doors.dashboard if dashboard?)].compact.each { |sentence| say_status :attention, sentence, :yellow }
        say_status :hint, "link to admin_litestream_path from the navigation of your admin pages", :green
        say_status :hint, "the tables of Litestream stay out of db/schema.rb", :green
      end

      private

      INITIALIZER = "config/initializers/litestream.rb"
      CONTROLLER = "app/controllers/admin/litestream_controller.rb"
      IN_THE_WAY = "the dashboard is mounted where the admin page belongs, or by its name, so the routes stay as they are: put instead " \
                   'mount Litestream::Engine, at: "/admin/litestream/dashboard" outside of any namespace, and run this again'
      PROCFILE_LINE = "litestream: bin/rails litestream:replicate"
      # The line that creates the database where there is none.
      PREPARES = %r{^[ \t]*\S*(bin/)?rails db:prepare.*\n}
      private_constant :INITIALIZER, :CONTROLLER, :IN_THE_WAY, :PROCFILE_LINE, :PREPARES

      def host = @host ||= HostApplication.new(destination_root, options)

      def mount = @mount ||= DashboardMount.new(destination_root)

      def doors = @doors ||= AccessSummary.new(host, controller: @kept_controller, initializer_made: @initializer_made)

      def databases = sqlite.replicated

      def left_out = sqlite.left_out

      def sqlite = @sqlite ||= SqliteDatabases.new(::Rails.application)

      def application_name = ::Rails.application.class.module_parent_name.downcase

      def stimulus? = host.stimulus?

      def required = Litestream.configuration.environment.report.select { |variable| variable["required"] }.map { |v| v["name"] }

      def dashboard? = Litestream.const_defined?(:Engine)

      def routes_text
        File.read(find_in_source_paths("routes.rb.tt")).then { |text| ERB.new(text, trim_mode: "-").result(binding) }
      end

      # Bundlers that know no folder have a list of the controllers.
      def register_script
        add_line host.script_manifest, %(application.register("admin-litestream", AdminLitestreamController)),
                 %(import AdminLitestreamController from "./admin_litestream_controller")
      end

      def keep_or_template(path, template)
        exists?(path) ? say_status(:kept, path, :blue) : template(template, path)
      end

      def keep_or_copy(path, file)
        exists?(path) ? say_status(:kept, path, :blue) : copy_file(file, path)
      end

      def add_line(path, line, before = nil, unless_matching: line)
        return say_status :attention, "#{path} is missing: it needs the line #{line}", :red unless exists?(path)
        return say_status :kept, path, :blue if read(path).match?(unless_matching)

        gap = read(path).empty? || read(path).end_with?("\n") ? "" : "\n"
        append_to_file path, "#{gap}#{[before, line].compact.join("\n")}\n"
      end

      def exists?(path) = File.exist?(File.join(destination_root, path))

      def read(path) = File.read(File.join(destination_root, path))
    end
  end
end
