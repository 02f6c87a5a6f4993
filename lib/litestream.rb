# frozen_string_literal: true

require_relative "litestream/version"
require_relative "litestream/errors"
require_relative "litestream/gem_conflict"
require_relative "litestream/native"
require_relative "litestream/process/executable"
require_relative "litestream/configuration"
require_relative "litestream/config_file"
require_relative "litestream/rails/instrumentation"
require_relative "litestream/restoration"
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
    def configuration
      @configuration ||= Configuration.new
    end

    attr_writer :configuration

    # Deprecated: in Rails, set `config.litestream.*`; elsewhere, `Litestream.configuration.*`.
    def configure
      warn "Litestream.configure is deprecated: set config.litestream.* in config/initializers/litestream.rb, " \
           "or Litestream.configuration.* outside of Rails", uplevel: 1
      yield configuration
    end

    # True, or raises VerificationFailure: the replica restores to the live database, page by page. Without a path, of every
    # configured database. `replication_sleep`: how long (seconds) the last writes may take to get to the store.
    def verify!(path = nil, replication_sleep: 10)
      databases = path ? [Database.find(path)] : Database.all
      databases.each { |database| database.verify!(timeout: replication_sleep) }
      true
    end

    # Returns when everything committed before the call is in the store; raises TimeoutError after `timeout` seconds.
    # Without a path, of every configured database.
    def sync!(path = nil, timeout: 30)
      databases = path ? [Database.find(path)] : Database.all
      databases.each { |database| database.sync!(timeout: timeout) }
      true
    end

    # Every configured database with its generations and their snapshots. Asks the store.
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

    # Switches replication on or off by the setting that the application keeps for it; see Switch.
    def enable! = Switch.new.turn(true)

    def disable! = Switch.new.turn(false)

    # pid, status ("running" or "stopped") and started (a Time) of the replicator; found through its control socket.
    def replicate_process
      Status.new(ConfigFile.read(configuration)).process
    end
  end
end
