# frozen_string_literal: true

require "active_record"
# Rails 6.1 loads it with ActiveRecord::Base only.
require "active_record/database_configurations"

module Litestream
  module Generators
    # The SQLite databases of production, as config/database.yml names them. Connects to nothing.
    class SqliteDatabases
      # `path` as litestream.yml has it, `replica` below the name of the application, `reason` why it is left out.
      Database = Struct.new(:name, :path, :replica, :reason)

      # Databases that an application can lose, with the reason.
      REASONS = { "cache" => "a cache can be lost", "cable" => "messages in flight can be lost" }.freeze
      ENVIRONMENT = "<%= Rails.env %>"
      private_constant :REASONS, :ENVIRONMENT

      def initialize(app)
        @app = app
      end

      def replicated = all.reject(&:reason)

      def left_out = all.select(&:reason)

      private

      def all
        @all ||= configs("production").select { |config| file?(config) }.map do |config|
          Database.new(config.name, path(config), replica(config.name), REASONS[config.name])
        end
      end

      def configs(environment)
        ::ActiveRecord::DatabaseConfigurations.new(@app.config.database_configuration).configs_for(env_name: environment)
      end

      def file?(config)
        config.adapter.to_s.start_with?("sqlite3") && config.database.to_s !~ /\A\s*\z|:memory:|\Afile:/
      end

      # With the environment in place of its name where development has the like, so that one entry serves both.
      def path(config)
        path = relative(config.database)
        twin = path.sub("production", "development")
        known = configs("development").any? { |other| file?(other) && relative(other.database) == twin }
        known && twin != path ? path.sub("production", ENVIRONMENT) : path
      end

      def relative(path) = path.delete_prefix("#{@app.root}/")

      def replica(name) = [ENVIRONMENT, *(name unless name == "primary")].join("-")
    end
  end
end
