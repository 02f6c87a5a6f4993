# frozen_string_literal: true

module Litestream
  module Admin
    # What `/admin/litestream` shows at one moment: the configuration without its values, the process, the databases. Never
    # raises: what cannot be found out is a problem on the page.
    class Page
      # `state` as the replicator tells, or "unknown"; `verification`: the newest Report or nil.
      Row = Struct.new(:path, :name, :store, :state, :lag_seconds, :error, :verification, keyword_init: true) do
        def tone
          { "replicating" => "good", "error" => "bad", "stopped" => "bad" }.fetch(state, "warn")
        end
      end

      # `label` says whether it is set, never to what.
      Variable = Struct.new(:name, :label, :tone)

      # `tone` is "good", "warn" or "bad".
      Verdict = Struct.new(:tone, :sentence)

      # Rows of hashes for one database.
      Listing = Struct.new(:path, :kind, :rows)

      # What of the hashes is shown, and under which heading.
      COLUMNS = { generations: { "generation" => "Generation", "start" => "From", "end" => "Until", "lag" => "Lag in seconds" },
                  snapshots: { "index" => "TXID", "size" => "Bytes", "created" => "Created", "generation" => "Generation" } }.freeze

      # What could not be done, for the reader.
      attr_accessor :problem

      # The Report or the Listing that was asked for, or nil.
      attr_reader :verification, :listing

      def initialize(configuration = Litestream.configuration)
        @configuration = configuration
      end

      def show_verification(report) = @verification = report

      def show_list(path, kind, rows) = @listing = Listing.new(path, kind, rows)

      def variables
        environment.report.map do |variable|
          case variable["origin"]
          when "missing" then Variable.new(variable["name"], *(variable["required"] ? %w[missing bad] : ["not set", "plain"]))
          when "default" then Variable.new(variable["name"], "default", "plain")
          else Variable.new(variable["name"], variable["origin"] == "environment" ? "set" : "set in config", "good")
          end
        end
      end

      def missing = environment.missing

      # Why nothing is replicated, or nil.
      def off
        if missing.any? then "these variables are missing: #{missing.join(", ")}"
        elsif @configuration.enabled == false then "it is switched off by config.litestream.enabled"
        end
      end

      def require_replication
        raise Refusal.new(503, "replication is off: #{off}") if off
      end

      # pid, status ("running" or "stopped"), started, version.
      def process = @process ||= settings ? status.process : { pid: nil, status: "stopped", started: nil, version: nil }

      def running? = process[:status] == "running"

      def databases
        @databases ||= configured.map { |database| row(database, replicated[database.path] || {}) }
      end

      def verdict
        failing = databases.count { |row| row.tone == "bad" }
        return Verdict.new("warn", "Replication is off: #{off}.") if off
        return Verdict.new("bad", "The configuration cannot be read: #{@unreadable}") if @unreadable
        return Verdict.new("warn", "No database is configured, so nothing is replicated.") if databases.empty?
        return Verdict.new("bad", "No replicator is running: what is written now stays on this machine.") unless running?
        return Verdict.new("bad", "#{failing} of #{count(databases.size)} cannot be replicated.") if failing.positive?

        Verdict.new("good", "#{count(databases.size)} #{databases.one? ? "is" : "are"} being replicated.")
      end

      # For JSON.
      def summary
        { verdict: verdict.tone, message: verdict.sentence, enabled: off.nil?, variables: environment.report, process: process,
          databases: databases.size }
      end

      private

      def environment = @environment ||= @configuration.environment

      # nil where litestream.yml cannot be read, which without its variables is no news.
      def settings
        return @settings if defined?(@settings)

        @settings = Settings.read(@configuration)
      rescue Error => e
        @unreadable = e.message
        @settings = nil
      end

      def status = @status ||= Status.new(settings)

      def configured = settings ? settings.databases.map { |native| Database.new(native) } : []

      def replicated
        @replicated ||= running? ? status.databases.to_h { |database| [database["path"], database] } : {}
      rescue Error => e
        @problem ||= e.message
        @replicated = {}
      end

      def row(database, known)
        Row.new(path: database.path, name: database.path.delete_prefix("#{@configuration.root}/"), store: database.replica,
                state: known["status"] || "unknown", lag_seconds: known["lag_seconds"], error: known["error"],
                verification: Verifications.recent(database, limit: 1).first)
      rescue Error => e
        @problem ||= e.message
        Row.new(path: database.path, name: database.path, store: database.replica, state: "unknown", error: e.message)
      end

      def count(number) = number == 1 ? "1 database" : "#{number} databases"
    end
  end
end
