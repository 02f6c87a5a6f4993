# frozen_string_literal: true

module Litestream
  module Admin
    # What `/admin/litestream` shows at one moment: the configuration without its values, the process, the databases. Never
    # raises: what cannot be found out is a problem on the page.
    class Page
      # Seconds of lag beyond the sync interval from which on a database is behind.
      LATE = 60
      private_constant :LATE

      # `state` as the replicator tells, "absent", "off" or "unknown"; `verification`: the newest Report or nil; `proof`: the newest
      # that found something out.
      Row = Struct.new(:path, :name, :store, :state, :lag_seconds, :late, :error, :verification, :proof, keyword_init: true) do
        def tone
          { "replicating" => "good", "error" => "bad", "stopped" => "bad" }.fetch(state, "warn")
        end

        # What is worse than it should be: "bad" or "warn", and words to follow the name.
        def complaint
          return ["bad", "cannot be replicated"] if tone == "bad"
          return refutation if refutation
          return ["warn", "does not exist yet"] if state == "absent"
          return ["warn", "is not replicated yet"] if tone == "warn"

          ["warn", "is #{lag_seconds.round} s behind"] if late
        end

        def refutation
          ["bad", "cannot be restored, as the last verification says"] if proof&.state == "failed"
        end
      end

      # `label` says whether it is set, never to what.
      Variable = Struct.new(:name, :label, :tone)

      NO_PROCESS = { pid: nil, status: "stopped", started: nil, version: nil }.freeze
      private_constant :NO_PROCESS

      # `tone` is "good", "warn" or "bad".
      Verdict = Struct.new(:tone, :sentence)

      NOT_RUNNING = Verdict.new("bad", "No replicator is running: what is written now stays on this machine.").freeze
      NOT_ASKABLE = Verdict.new("warn", "Whether a replicator runs is not known: the control socket is disabled in litestream.yml.").freeze
      private_constant :NOT_RUNNING, :NOT_ASKABLE

      # Rows of hashes for one database.
      Listing = Struct.new(:path, :kind, :rows)

      # What of the hashes is shown, and under which heading.
      COLUMNS = { generations: { "generation" => "Generation", "start" => "From", "end" => "Until", "lag" => "Lag in seconds" },
                  snapshots: { "index" => "TXID", "size" => "Bytes", "created" => "Created", "generation" => "Generation" } }.freeze

      # What could not be done, for the reader.
      attr_writer :problem

      # The Report or the Listing that was asked for, or nil.
      attr_reader :verification, :listing

      def initialize(configuration = Litestream.configuration)
        @configuration = configuration
      end

      def problem
        databases
        @problem
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
        elsif !switch.on? then "it is switched off by the application's own setting"
        end
      end

      # A Switch.
      def switch = @switch ||= Switch.new(@configuration)

      def require_replication
        raise Refusal.new(503, "replication is off: #{off}") if off
      end

      # pid, status ("running", "stopped", or "unknown" where it does not answer or cannot be asked), started, version.
      def process
        @process ||= settings ? status.process : NO_PROCESS
      rescue Error => e
        @silence = e.message
        @process = NO_PROCESS.merge(status: "unknown")
      end

      def running? = process[:status] == "running"

      def databases
        @databases ||= configured.map { |database| row(database, replicated[database.path] || {}) }
      end

      # The worst that can be said.
      def verdict
        return Verdict.new("warn", "Replication is off: #{off}.") if off
        return Verdict.new("bad", "The configuration cannot be read: #{@unreadable}") if settings.nil?
        return Verdict.new("warn", "No database is configured, so nothing is replicated.") if databases.empty?
        return verdict_of_silence unless running?

        verdict_of(databases.filter_map { |row| [*row.complaint, row.name] if row.complaint }) ||
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

        @settings = ConfigFile.read(@configuration)
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
        lag = known["lag_seconds"]
        verifications = Verifications.all(database)
        Row.new(path: database.path, name: database.path.delete_prefix("#{@configuration.root}/"), store: database.replica,
                state: state(database, known), lag_seconds: lag, late: lag.to_f > database.sync_interval + LATE,
                error: known["error"], verification: verifications.first, proof: verifications.find(&:conclusive?))
      rescue Error => e
        @problem ||= e.message
        Row.new(path: database.path, name: database.path, store: database.replica, state: "unknown", error: e.message)
      end

      def state(database, known)
        return off ? "off" : "unknown" unless known["status"]

        never_captured = known["status"] == "error" && known["txid"].to_i.zero?
        never_captured && !File.size?(database.path) ? "absent" : known["status"]
      end

      def verdict_of_silence
        return Verdict.new("bad", "The replicator does not answer: #{@silence}.") if @silence
        return NOT_RUNNING if process[:status] == "stopped"

        verdict_of(databases.filter_map { |row| [*row.refutation, row.name] if row.refutation }) || NOT_ASKABLE
      end

      # The worst of the complaints, nil where there are none.
      def verdict_of(complaints)
        tone, words, name = complaints.find { |worst, *| worst == "bad" } || complaints.first
        return unless tone

        others = complaints.size - 1
        Verdict.new(tone, "#{name} #{words}#{"; #{count(others)} more #{others == 1 ? "needs" : "need"} a look" if others.positive?}.")
      end

      def count(number) = number == 1 ? "1 database" : "#{number} databases"
    end
  end
end
