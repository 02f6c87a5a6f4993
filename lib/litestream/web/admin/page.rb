# frozen_string_literal: true

module Litestream
  module Admin
    # The content of `/admin/litestream` at one moment: the configuration without its values, the process, the databases. Health
    # judges. Nothing here raises: what cannot be found out is not known, and the page says why.
    class Page
      # One database. `state` is the word for it, `tone` is "good", "warn" or "bad", `sentence` the judge's; `verification` is the
      # newest Verifications::Report or nil; `lag_seconds` is nil where it is not known or nothing is
      # replicated.
      Row = Struct.new(:path, :name, :store, :state, :tone, :sentence, :error, :lag_seconds, :verification, keyword_init: true)

      # One environment variable. `label` says that it is set, never its value.
      Variable = Struct.new(:name, :label, :tone)

      # The judge's sentence; `tone` is "good", "warn" or "bad".
      Verdict = Struct.new(:tone, :sentence)

      # Rows of one database's generations or snapshots.
      Listing = Struct.new(:path, :kind, :rows)

      # The columns that are shown of a Listing, with their headings.
      COLUMNS = { generations: { "generation" => "Generation", "start" => "From", "end" => "Until", "lag" => "Lag in seconds" },
                  snapshots: { "index" => "TXID", "size" => "Bytes", "created" => "Created", "generation" => "Generation" } }.freeze

      TONES = { safe: "good", failing: "bad" }.freeze
      private_constant :TONES

      # The failure of the reader's request, as text.
      attr_accessor :problem

      # The Verifications::Report or the Listing that was asked for, or nil.
      attr_reader :verification, :listing

      def initialize(configuration = Litestream.configuration)
        @configuration = configuration
      end

      # Has the view show this verification.
      def show_verification(report) = @verification = report

      # Has the view show these rows.
      def show_list(path, kind, rows) = @listing = Listing.new(path, kind, rows)

      # @return [Array<Variable>]
      def variables
        environment.report.map do |variable|
          case variable["origin"]
          when "missing" then Variable.new(variable["name"], *(variable["required"] ? %w[missing bad] : ["not set", "plain"]))
          when "default" then Variable.new(variable["name"], "default", "plain")
          else Variable.new(variable["name"], variable["origin"] == "environment" ? "set" : "set in config", "good")
          end
        end
      end

      # @return [Switch]
      def switch = @switch ||= Switch.new(@configuration)

      # @raise [Refusal] 503 while nothing is to be replicated
      def require_replication
        raise Refusal.new(503, overview.verdict.sentence) if overview.off
      end

      # @return [Hash] pid, status ("running", "stopped", or "unknown" where it cannot be asked), started (a Time), version
      def process
        running = overview.telemetry.process
        return { pid: nil, status: silence, started: nil, version: nil } unless running

        { pid: running.pid, status: "running", started: running.started_at, version: running.version }
      end

      # @return [String] "good", "warn" or "bad", for the status of the process
      def process_tone = { "running" => "good", "stopped" => "bad" }.fetch(process[:status], "warn")

      def running? = overview.telemetry.running?

      # @return [Array<Row>] in the order of litestream.yml
      def databases
        @databases ||= overview.reports.map { |report| row(report) }
      end

      # @return [Verdict] on all databases, with the worst one's name and sentence where it is about several
      def verdict
        found = overview.verdict
        worst = "#{found.first.name}: #{found.first.verdict.sentence}" if found.first
        # Otherwise the rows show it.
        cause = found.error if databases.empty?
        Verdict.new(tone(found), [found.sentence, worst, cause].compact.join(" "))
      end

      # @return [Hash] for JSON: verdict (a tone), message, enabled, variables, process, databases (their number)
      def summary
        { verdict: verdict.tone, message: verdict.sentence, enabled: overview.off.nil?, variables: environment.report,
          process: process, databases: databases.size }
      end

      private

      def overview = @overview ||= Health::Overview.take(@configuration)

      def environment = @environment ||= @configuration.environment

      def tone(verdict) = TONES.fetch(verdict.state, "warn")

      def silence = overview.telemetry.problem.is_a?(NotRunningError) ? "stopped" : "unknown"

      def row(report)
        found = report.verdict
        Row.new(path: report.path, name: report.name, store: report.database.replica, state: Translations.text("states.#{found.state}"),
                tone: tone(found), sentence: found.sentence, error: found.error,
                lag_seconds: (report.exposure unless found.state == :off),
                verification: report.verifications.first)
      end
    end
  end
end
