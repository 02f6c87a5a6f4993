# frozen_string_literal: true

require_relative "options"
require_relative "history"

module Litestream
  # The commands of the `litestream` executable as methods. Options are spelled as on its command line ("-o" => path,
  # "--if-replica-exists" => nil) or as keywords (output: path). Results are arrays of hashes with string keys. Every
  # failure raises.
  module Commands
    CommandFailedException = OperationFailed
    ExecutableNotFoundException = ExecutableNotFoundError

    # A command that needs a database was given none.
    class DatabaseRequiredException < Error
      fails_with "database_required", exit_status: 2
    end

    # `install_dir` is set and is no folder.
    class DirectoryNotFoundException < Error
      fails_with "directory_not_found", exit_status: 2
    end

    # `parallelism` has no effect: downloads are parallel in bounded memory.
    RESTORE = { output: :value, txid: :value, timestamp: :value, integrity_check: :value, config: :value, parallelism: :value,
                force: :flag, if_db_not_exists: :flag, if_replica_exists: :flag }.freeze
    private_constant :RESTORE

    class << self
      include History

      # Supervises a replicator: until the process is told to end, or in the background, and then returns the Supervisor.
      # Ends with a last sync.
      def replicate(async: false, **options)
        known = Options.new("replicate", options, { config: :value })
        check_install_dir
        supervisor = Supervisor.start(config: known[:config])
        return supervisor if async

        begin
          sleep
        ensure
          supervisor.stop
        end
      end

      # path, replicas
      def databases(**options)
        known = Options.new("databases", options, { config: :value })
        Database.all(config: known[:config]).map { |database| { "path" => database.path, "replicas" => database.replica } }
      end

      # Returns the path of the restored file, or nil where if_replica_exists found no replica.
      def restore(database, **options)
        known = Options.new("restore", options, RESTORE).to_h
        config = known.delete(:config)
        known.delete(:parallelism)
        wanted = find(database, "restore", config)
        restored = wanted.restore(**known)
        case restored["outcome"]
        when "restored" then restored["path"]
        when "database_exists" then File.expand_path(known.fetch(:output, wanted.path), Litestream.configuration.root)
        end
      end

      # Waits until everything committed before the call is in the store: path, status, txid, replicated_txid.
      def sync(database, **options)
        known = Options.new("sync", options, { timeout: :value, config: :value })
        find(database, "sync", known[:config]).sync!(timeout: known[:timeout] || 30)
      end

      # Of each configured database, as the replicator sees it: path, status, txid, replicated_txid, lag_seconds, …
      def status(**options)
        known = Options.new("status", options, { config: :value })
        Status.new(ConfigFile.read(Litestream.configuration, path: known[:config])).databases
      end

      private

      def check_install_dir
        folder = Litestream.configuration.install_dir
        return if Litestream.configuration.engine.to_s == "native" || folder.nil? || File.directory?(folder)

        raise DirectoryNotFoundException, "install_dir or LITESTREAM_INSTALL_DIR is #{folder}, which is no folder"
      end

      def find(database, command, config)
        if database.nil? || database.to_s.strip.empty?
          raise DatabaseRequiredException, "#{command} needs a database, e.g. rails litestream:#{command} -- --database=path/to/db.sqlite3"
        end

        Database.find(database, config: config)
      end
    end
  end
end
