# frozen_string_literal: true

require_relative "litestream/version"
require_relative "litestream/errors"
require_relative "litestream/gem_conflict"
require_relative "litestream/native"
require_relative "litestream/process/executable"
require_relative "litestream/configuration"
require_relative "litestream/config_file"
require_relative "litestream/rails/instrumentation"
require_relative "litestream/database/restoration"
require_relative "litestream/database"
require_relative "litestream/verifications"
require_relative "litestream/process/official_engine"
require_relative "litestream/status"
require_relative "litestream/process/switch"
require_relative "litestream/process/supervisor"
require_relative "litestream/cli/commands"
require_relative "litestream/rails/railtie" if defined?(Rails::Railtie)
require_relative "litestream/rails/engine" if defined?(Rails::Engine)

# Durable SQLite: replicates databases to S3-compatible storage, proves the replicas restorable, restores them.
module Litestream
  autoload :Admin, "litestream/web/admin"
  autoload :ApiRendering, "litestream/web/api_rendering"
  autoload :Dashboard, "litestream/dashboard"
  autoload :Health, "litestream/health"
  autoload :SameOrigin, "litestream/web/same_origin"
  autoload :Translations, "litestream/translations"
  autoload :VerificationJob, File.expand_path("../app/jobs/litestream/verification_job", __dir__)

  class << self
    # Settings of this process. Rails fills them from `config.litestream`.
    # @return [Configuration]
    def configuration
      @configuration ||= Configuration.new
    end

    # Replaces the settings of this process.
    attr_writer :configuration

    # @deprecated In Rails, set `config.litestream.*`; elsewhere, `Litestream.configuration.*`.
    # @yieldparam configuration [Configuration]
    def configure
      warn "Litestream.configure is deprecated: set config.litestream.* in config/initializers/litestream.rb, " \
           "or Litestream.configuration.* outside of Rails", uplevel: 1
      yield configuration
    end

    # Proves that replicas restore to their live databases, page by page.
    # @param path [String, nil] of a configured database; nil: every configured database
    # @param replication_sleep [Numeric] seconds until the store has acknowledged the last commits
    # @return [true]
    # @raise [VerificationFailure] where a replica is not what it should be; another Error where that could not be found out
    def verify!(path = nil, replication_sleep: 10)
      databases = path ? [Database.find(path)] : Database.all
      databases.each { |database| database.verify!(timeout: replication_sleep) }
      true
    end

    # Waits until everything committed before the call is in the store.
    # @param path [String, nil] of a configured database; nil: every configured database
    # @param timeout [Numeric] seconds
    # @return [true]
    # @raise [TimeoutError, NotRunningError]
    def sync!(path = nil, timeout: 30)
      databases = path ? [Database.find(path)] : Database.all
      databases.each { |database| database.sync!(timeout: timeout) }
      true
    end

    # The configured databases with their generations and snapshots. Lists the replicas.
    # @return [Array<Hash>] path, replicas ("s3" or "file"), generations (as Commands.generations, each with its snapshots: index,
    #   size in bytes, created)
    # @raise [StoreError]
    def databases
      Database.all.map do |database|
        generations = Commands.generations(database.path)
        snapshots = Commands.snapshots(database.path).group_by { |snapshot| snapshot["generation"] }
        generations.each do |generation|
          generation["snapshots"] = snapshots.fetch(generation["generation"], []).map { |s| s.slice("index", "size", "created") }
        end
        { "path" => database.path, "replicas" => database.replica, "generations" => generations }
      end
    end

    # Switches replication on by the setting that the application keeps for it; see Switch.
    # @raise [ConfigurationError] where the application keeps none
    def enable! = Switch.new.turn(true)

    # Switches replication off. Commits are on this machine only until it is switched on again.
    # @raise [ConfigurationError] where the application keeps no setting for it
    def disable! = Switch.new.turn(false)

    # The replicator, found through its control socket.
    # @return [Hash] pid, status ("running", "stopped", or "unknown" where the control socket is disabled), started (a Time), version
    def replicate_process
      Status.new(ConfigFile.read(configuration)).process
    end
  end
end
