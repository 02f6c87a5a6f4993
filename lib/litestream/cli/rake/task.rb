# frozen_string_literal: true

require "json"

module Litestream
  module Tasks
    # One run of a task. Each public method is a task and returns the text to print.
    # @api private
    class Task
      # @param options [Commands::Options]
      def initialize(options)
        @options = options
      end

      def env
        rows = Litestream.configuration.environment.report.map do |variable|
          { "variable" => variable["name"], "required" => variable["required"], "from" => variable["origin"] }
        end
        table(rows)
      end

      def databases = table(Commands.databases(**config))

      def generations = table(Commands.generations(database, **config))

      def snapshots = table(Commands.snapshots(database, **config))

      # The LTX files in the columns of v0.3.
      def wal = table(Commands.wal(database, **@options.slice(:level, :config)))

      def ltx = table(Commands.ltx(database, **@options.slice(:level, :config)))

      def status
        wanted = database && chosen.first.path
        table(Commands.status(**config).select { |row| wanted.nil? || row["path"] == wanted })
      end

      def verify
        timeout = @options.seconds(:timeout, 10)
        proofs = chosen.map { |database| database.verify!(timeout: timeout) }
        json? ? pretty(proofs) : proofs.map { |proof| verified(proof) }.join("\n")
      end

      def sync
        timeout = @options.seconds(:timeout, 30)
        table(chosen.map { |database| database.sync!(timeout: timeout).with_string_keys })
      end

      def restore
        raise Commands::DatabaseRequiredException, "restore needs a database: #{names}" unless database

        target = @options.slice(:txid, :timestamp)
        return planned(chosen.first.plan(**target)) if @options[:dry_run]

        result = chosen.first.restore(**target, **@options.slice(:output, :force, :if_db_not_exists, :if_replica_exists, :integrity_check))
        json? ? pretty(result) : restored(result)
      end

      # Where replication is off and need not be on, there is nothing to restore from.
      def prepare
        return "litestream: replication is off, so nothing is restored" if off?

        results = chosen.map { |database| [database.path, database.restore(if_db_not_exists: true, if_replica_exists: true)] }
        return pretty(results.map { |path, result| { path: path, **result.to_h.compact } }) if json?

        results.map { |path, result| result.restored? ? restored(result) : "#{path}: #{restored(result)}" }.join("\n")
      end

      def replicate = Foreground.new(Litestream.configuration, config: @options[:config]).run

      private

      def database = @database ||= DatabaseArgument.resolve(@options[:database])

      def config = @options.slice(:config)

      def off?
        configuration = Litestream.configuration
        configuration.enabled == false || (configuration.environment.missing.any? && !::Rails.env.production?)
      end

      def chosen = database ? [Database.find(database, **config)] : Database.all(**config)

      def names
        "pass one of #{Database.all(**config).map { |database| "--database=#{database.path}" }.join(", ")} after --"
      end

      def table(rows) = json? ? pretty(rows) : Table.new(rows).to_s

      def pretty(result) = JSON.pretty_generate(result)

      def json? = @options[:json]

      def verified(proof)
        format("%<path>s: verified at TXID %<txid>s, %<pages>d pages of %<page_size>d bytes, LTX files: %<files>d, %<seconds>.2f s",
               proof.to_h)
      end

      def planned(plan)
        return pretty(plan) if json?

        heading = format("would restore TXID %<txid>s of %<created>s from %<bytes>d bytes:", plan.with_string_keys.transform_keys(&:to_sym))
        [heading, Table.new(plan.with_string_keys["files"])].join("\n")
      end

      def restored(result)
        case result.outcome
        when "database_exists" then "nothing to do: the database exists"
        when "no_replica" then "nothing to do: nothing has been replicated yet"
        else
          format("%<path>s: restored to TXID %<txid>s, %<bytes>d bytes, LTX files: %<files>d, %<seconds>.2f s",
                 result.to_h)
        end
      end
    end
  end
end
