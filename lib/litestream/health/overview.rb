# frozen_string_literal: true

module Litestream
  module Health
    # One look at the configuration, the replicator, the stores and the journals, at one moment. All verdicts of one page or one
    # answer come from the same look.
    class Overview
      # @param only [String, nil] the id of the one database that a page is about
      # @param listings [#of] ListingCache, or NoListings
      # @raise [UnknownDatabaseError] for an id that no configured database has
      def self.take(configuration = Litestream.configuration, only: nil, listings: ListingCache.shared)
        config = ConfigFile.read(configuration)
        databases = config.databases.map { |native| Database.new(native) }
        databases = [DatabaseReport.pick(databases, only)] if only
        new(configuration, databases: databases, telemetry: Telemetry.ask(config), listings: listings)
      rescue UnknownDatabaseError
        raise
      rescue ConfigurationError, FileError => e
        new(configuration, problem: e)
      end

      attr_reader :configuration, :telemetry, :taken_at, :problem

      # @param problem [Error, nil] the reason why the configuration could not be read
      def initialize(configuration, databases: [], telemetry: Telemetry.new, listings: ListingCache.new, problem: nil)
        @configuration = configuration
        @databases = databases
        @telemetry = telemetry
        @listings = listings
        @problem = problem
        @taken_at = Time.now
      end

      # @return [Array<DatabaseReport>] in the order of litestream.yml
      def reports
        @reports ||= @databases.map { |database| DatabaseReport.new(database, overview: self) }
      end

      # @return [ListingCache::Entry] what is known of the database's replica
      def listing(database)
        @entries ||= @listings.of(@databases, reports.to_h { |report| [report.path, report.claimed] })
        @entries.fetch(database.path) { ListingCache::Entry.new }
      end

      # @return [Symbol, nil] the reason why nothing is to be replicated: :missing_variables, :disabled or :switched_off
      def off
        return :missing_variables if missing_variables.any? && !telemetry.running?
        return :disabled if configuration.enabled == false

        :switched_off unless Switch.new(configuration).on?
      end

      # @return [Array<String>] names of required variables that are not set
      def missing_variables
        @missing_variables ||= configuration.environment.missing
      end

      # @return [Verdict] on all databases together
      def verdict
        @verdict ||= Judge.all(self)
      end

      # @return [Float, nil] the most seconds of commits that would be lost with this machine; nil: not known
      def exposure = most(reports.map(&:exposure))

      # @return [Float, nil] the highest lag of all databases in seconds; nil: not known
      def lag = most(reports.map(&:lag))

      private

      # One unknown value makes the maximum unknown.
      def most(values) = (values.max if values.all?)
    end
  end
end
