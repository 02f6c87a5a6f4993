# frozen_string_literal: true

require "delegate"

module Litestream
  module Dashboard
    # A Health::DatabaseReport with what only the dashboard shows: the timeline, size and cost, restored copies, events.
    # @api private
    class DatabasePage < SimpleDelegator
      # How many verifications the page lists.
      VERIFICATIONS = 10

      attr_reader :overview

      # @param overview [OverviewPage] the page of all databases
      def initialize(report, overview)
        super(report)
        @overview = overview
      end

      # Lags of the last hour in seconds, oldest first, up to now.
      # @return [Array<Float>, nil] nil: the replicator keeps no record of them
      def samples = answer["lag"] && [*answer.dig("lag", "seconds"), lag].compact

      # @return [Float, nil] the highest lag of the last hour in seconds
      def worst_lag = samples&.max

      # Uploads since the replicator's start; zero where it counts none.
      def uploads = answer.dig("counters", "uploads").to_i

      # @return [Integer, nil] size of the replica; nil: not known
      def bytes = listing.inventory&.bytes

      def cost = overview.cost_of([self])

      # @param window [String, nil] one of Timeline::WINDOWS, or nil for all
      # @return [Timeline, nil] nil where the replica's content is not known
      def timeline(window = nil)
        return unless listing.inventory

        @timelines ||= {}
        @timelines[window] ||= Timeline.new(listing.inventory, now: overview.taken_at, window: window)
      end

      # The newest verifications, newest first; one may be under way.
      def verifications = super.first(VERIFICATIONS)

      # @return [Verifications::Report]
      # @raise [UnknownDatabaseError] where this database has no such verification
      def verification(id)
        found = Verifications.find(id)
        return found if found&.database == path

        raise UnknownDatabaseError, Translations.text("problems.unknown_verification")
      end

      # Restored copies, newest first. Empty where they cannot be read; `copies_problem` is the reason then.
      def copies
        @copies ||= RestoredCopy.recent(database)
      rescue FileError => e
        @copies_problem = e.message
        @copies = []
      end

      def copies_problem
        copies
        @copies_problem
      end

      # The newest events of this database that are no routine.
      def news
        overview.events.select { |event| event.report&.path == path && !event.routine? }.first(OverviewPage::NEWS)
      end
    end
  end
end
