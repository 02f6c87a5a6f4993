# frozen_string_literal: true

require_relative "options"
require_relative "history"

module Litestream
  # The commands of the `litestream` executable as methods. Options are those of OptionList, spelled as on the command line
  # ("-o" => path, "--if-replica-exists" => nil) or as keywords (output: path). Results are arrays of hashes with string keys, as
  # JSON has them. Every failure raises.
  module Commands
    # The name of OperationFailed in the gem litestream.
    CommandFailedException = OperationFailed
    # The name of ExecutableNotFoundError in the gem litestream.
    ExecutableNotFoundException = ExecutableNotFoundError

    # A command that needs a database was given none.
    class DatabaseRequiredException < Error
      fails_with "database_required", exit_status: 2
    end

    # `install_dir` is set and is not a directory.
    class DirectoryNotFoundException < Error
      fails_with "directory_not_found", exit_status: 2
    end

    class << self
      include History

      # Supervises a replicator until the process ends, with a last sync at its end.
      # @param async [Boolean] supervise in the background, and return the Supervisor
      # @return [Supervisor, nil]
      def replicate(async: false, **options)
        known = Options.read(:replicate, options)
        check_install_dir
        supervisor = Supervisor.start(config: known[:config])
        return supervisor if async

        begin
          sleep
        ensure
          supervisor.stop
        end
      end

      # @return [Array<Hash>] path, replicas ("s3" or "file")
      def databases(**options)
        known = Options.read(:databases, options)
        Database.all(config: known[:config]).map { |database| { "path" => database.path, "replicas" => database.replica } }
      end

      # @param database [String] path of a configured database
      # @return [String, nil, Hash] path of the restored file; nil where if_replica_exists found no replica; the plan with dry_run
      def restore(database, **options)
        known = Options.read(:restore, options).to_h
        wanted = find(database, "restore", known.delete(:config))
        known.delete(:parallelism)
        return wanted.plan(**known.slice(:txid, :timestamp)).with_string_keys if known.delete(:dry_run)

        restored = wanted.restore(**known)
        case restored.outcome
        when "restored" then restored.path
        when "database_exists" then File.expand_path(known.fetch(:output, wanted.path), Litestream.configuration.root)
        end
      end

      # Waits until everything committed before the call is in the store.
      # @param database [String] path of a configured database
      # @return [Hash] path, status, txid, replicated_txid
      def sync(database, **options)
        known = Options.read(:sync, options)
        find(database, "sync", known[:config]).sync!(timeout: known.seconds(:timeout, 30)).with_string_keys
      end

      # The configured databases as the replicator sees them.
      # @return [Array<Hash>] path, status, txid, replicated_txid, lag_seconds, …
      def status(**options)
        known = Options.read(:status, options)
        Status.new(ConfigFile.read(Litestream.configuration, path: known[:config])).databases
      end

      private

      def check_install_dir
        folder = Litestream.configuration.install_dir
        return if Litestream.configuration.engine.to_s == "native" || folder.nil? || File.directory?(folder)

        raise DirectoryNotFoundException, "install_dir or LITESTREAM_INSTALL_DIR is #{folder}, which is not a directory"
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
