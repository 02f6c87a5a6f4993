# frozen_string_literal: true

module Litestream
  module Health
    # One look at everything, for one page: the configuration, the replicator, and what is known of each store.
    class Overview
      # `only`: the id of the one database that the page is about.
      def self.take(configuration = Litestream.configuration, only: nil, listings: ListingCache.shared)
        config = ConfigFile.read(configuration)
        databases = config.databases.map { |native| Database.new(native) }
        databases = [DatabaseReport.pick(databases, only)] if only
        new(configuration, databases: databases, telemetry: Telemetry.ask(config), listings: listings)
      rescue UnknownDatabaseError
        raise
      rescue ConfigurationError => e
        new(configuration, problem: e)
      end

      attr_reader :configuration, :telemetry, :taken_at, :problem

      # `problem`: why there is no configuration.
      def initialize(configuration, databases: [], telemetry: Telemetry.new, listings: ListingCache.new, problem: nil)
        @configuration = configuration
        @databases = databases
        @telemetry = telemetry
        @listings = listings
        @problem = problem
        @taken_at = Time.now
      end

      # In the order of litestream.yml.
      def reports
        @reports ||= @databases.map { |database| DatabaseReport.new(database, observation: self) }
      end

      # Those that need attention before the others.
      def worst_first = reports.sort_by.with_index { |report, place| [Verdict::STATES.index(report.verdict.state), place] }

      # A ListingCache::Entry.
      def listing(database)
        @entries ||= @listings.of(@databases, reports.to_h { |report| [report.path, report.claimed] })
        @entries.fetch(database.path) { ListingCache::Entry.new }
      end

      # Why nothing is to be replicated; nil where something is.
      def off
        return :missing_variables if missing_variables.any? && !telemetry.running?

        return :disabled if configuration.enabled == false

        :switched_off unless Switch.new(configuration).on?
      end

      def missing_variables
        @missing_variables ||= configuration.environment.missing
      end

      def verdict
        @verdict ||= Verdict.of_all(self)
      end

      # Newest first.
      def events
        @events ||= telemetry.events.map { |event| Dashboard::Event.new(event, reports) }
      end

      # Those that a reader should hear of first.
      def news = events.reject(&:routine?).first(8)

      # Of what lies in all replicas that were listed.
      def bytes = reports.sum { |report| report.bytes.to_i }

      def cost = cost_of(reports)

      def cost_of(reports)
        # Official Litestream counts no uploads.
        uptime = telemetry.process && !telemetry.official? ? taken_at - telemetry.process.started_at : 0
        Dashboard::Cost.new(prices, bytes: reports.sum { |report| report.bytes.to_i }, uploads: reports.sum(&:uploads), uptime: uptime)
      end

      def prices = @prices ||= Dashboard::Cost::Prices.of(configuration)

      # How many replicas could be looked at.
      def listed = reports.count(&:bytes)

      # What would be lost now, in seconds; nil where that is not known.
      def exposure = reports.map(&:exposure).then { |known| known.max if known.all? }

      # Seconds, over all databases.
      def lag = reports.map(&:lag).max || 0.0

      def overdue = reports.map(&:overdue).max || 0.0

      def worst_lag = reports.filter_map(&:worst_lag).max

      # The most of all databases, sample by sample; oldest first.
      def samples
        series = reports.filter_map(&:samples)
        length = series.map(&:size).max.to_i
        Array.new(length) { |age| series.filter_map { |samples| samples[-1 - age] if age < samples.size }.max }.reverse
      end
    end
  end
end
