# frozen_string_literal: true

require_relative "../failure_summary"
require_relative "../process/server_detection"

module Litestream
  # Decisions while a Rails application loads: its settings, and its right to serve with them.
  # @api private
  module Boot
    class << self
      # Takes over config.litestream. All other settings come from the environment, later, when they are read.
      def configure(app, configuration = Litestream.configuration)
        configuration.root = app.root.to_s
        app.config.litestream.each do |name, value|
          unless configuration.respond_to?(:"#{name}=")
            raise ConfigurationError, "config.litestream.#{name} is not a litestream-native setting; check its spelling"
          end

          configuration.public_send(:"#{name}=", value)
        end
      end

      # The same without booting the application: its initializers may connect to the database, and by that create it.
      # Where the application is booted already, nothing is left to do.
      def load_configuration(app)
        return if app.initialized?

        ["config/environments/#{::Rails.env}.rb", "config/initializers/litestream.rb"].each { |name| load_file(app, name) }
        configure(app)
      end

      # A server in production does not boot without its credentials. Elsewhere replication is off then, and the server logs
      # that once. Commands that do not serve are left alone: they may build, migrate or test without credentials.
      def check_environment(configuration = Litestream.configuration)
        return unless serving?(configuration)

        environment = configuration.environment
        return if environment.missing.empty?

        environment.require! if configuration.enabled == true || ::Rails.env.production?
        configuration.enabled = false
        warn "litestream: replication is disabled, since these variables are missing: #{environment.missing.join(", ")}"
      end

      # True in a process that replicates. In the test environment only where config.litestream.enabled is true.
      def serving?(configuration = Litestream.configuration)
        return false if configuration.enabled == false || (configuration.enabled != true && ::Rails.env.test?)

        ServerDetection.loading?(configuration.server)
      end

      private

      # Neither the message nor the cause of a failure is kept: both may repeat a secret.
      def load_file(app, name)
        path = app.root.join(name)
        load path.to_s if path.file?
      rescue NameError => e
        summary = FailureSummary.new(e, path.to_s)
        place = summary.line ? "#{name}, line #{summary.line}," : name
        raise ConfigurationError, "#{place} needs more than the configuration of the application (#{summary}); " \
                                  "put the task `environment` before this one: rails environment litestream:…", cause: nil
      end
    end
  end
end
