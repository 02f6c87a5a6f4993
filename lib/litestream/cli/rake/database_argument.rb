# frozen_string_literal: true

module Litestream
  module Tasks
    # `--database` takes a path, or the name of a database in config/database.yml.
    module DatabaseArgument
      # Reads database.yml, connects to nothing.
      # @return [String, nil] the path
      def self.resolve(given, app = ::Rails.application)
        configured = given && defined?(::ActiveRecord::DatabaseConfigurations) && find(given, app)
        configured ? File.expand_path(configured, app.root) : given
      end

      # A file in the working directory that has the name of a database is written ./primary.
      def self.find(name, app)
        all = ::ActiveRecord::DatabaseConfigurations.new(app.config.database_configuration)
        all.configs_for(env_name: ::Rails.env).find { |database| database.name == name }&.database
      end
      private_class_method :find
    end
  end
end
