# frozen_string_literal: true

require "digest"

module Litestream
  module Health
    # One database on the dashboard.
    class DatabaseReport
      class << self
        # Names the database in URLs. Paths stay out of them: they may hold anything.
        def id_of(database)
          Digest::SHA256.hexdigest(database.path)[0, 12]
        end

        # Raises UnknownDatabaseError.
        def pick(databases, id)
          databases.find { |database| id_of(database) == id } || raise(UnknownDatabaseError, Translations.text("problems.unknown_database"))
        end
      end

      attr_reader :database, :observation

      def initialize(database, observation:)
        @database = database
        @observation = observation
      end

      def id = self.class.id_of(database)

      alias to_param id

      def path = database.path

      # As rake tasks take it.
      def name = path.scrub.delete_prefix("#{observation.configuration.root}/")

      # What the replicator tells of it.
      def told
        @told ||= observation.telemetry.database(path)
      end

      def replicating? = !told.empty?

      def official? = observation.telemetry.official?

      # "starting", "no_database", "replicating" or "stopped"
      def phase
        return told["phase"] unless official?
        return "stopped" if told["status"] == "stopped"

        last_sync_at ? "replicating" : "starting"
      end

      # 16 hexadecimal digits, or nil before the first.
      def captured = txid(told["txid"])

      # Where the replicator does not say, or what was seen in the store cannot be restored, the newest state that can.
      def replicated
        (txid(told["replicated_txid"]) unless unreachable_since || lost?) || timeline&.newest&.txid
      end

      # Up to which TXID the store has everything, as the replicator says; nil: nothing yet. Official Litestream says no more than
      # that something is there.
      def claimed
        txid(told["replicated_txid"]) || (txid(1) if official? && last_sync_at)
      end

      # Whether the store lacks what the replicator had said to be there, and still does: it may have begun anew since.
      def lost?
        said = [listing.claimed, claimed]
        said.all? && listing.lacks?(said.min)
      end

      # Age of the oldest captured transaction that the store lacks or that lies there out of reach: what would be lost now, in
      # seconds.
      def lag
        [told.fetch("lag_seconds", 0.0), (observation.taken_at - unreachable_since if unreachable_since)].compact.max
      end

      # The same where it is known: the replicator does not hear of what the store loses.
      def exposure = (lag if replicating? && !lost? && verdict.state != :unknown)

      # How much of it is more than uploads that are the sync interval apart explain.
      def overdue = [lag - database.sync_interval, 0.0].max

      # How many transactions those are.
      def waiting = told.fetch("lag_txids", 0)

      def last_sync_at = time(told["last_sync_at"])

      # Lags of the last hour in seconds, oldest first, up to now; nil where nobody took any.
      def samples = told["lag"] && [*told.dig("lag", "seconds"), lag]

      # The most of the last hour.
      def worst_lag = samples&.max

      # Since the replicator's start.
      def uploads = told.dig("counters", "uploads").to_i

      # What keeps commits from being captured, captured ones from the store, the store from being compacted.
      def capture_error = told["capture_error"]

      def upload_error = told["upload_error"] || (told["error"] if official?)

      def maintenance_error = told["maintenance_error"]

      # A ListingCache::Entry.
      def listing = observation.listing(database)

      # Of what lies in the replica; nil where that is not known.
      def bytes = listing.inventory&.bytes

      def cost = observation.cost_of([self])

      # Nil where the replica's content is not known.
      def timeline(window = nil)
        return unless listing.inventory

        @timelines ||= {}
        @timelines[window] ||= Dashboard::Timeline.new(listing.inventory, now: observation.taken_at, window: window)
      end

      # Newest first; one may be under way.
      def verifications = all_verifications.first(10)

      # Raises UnknownDatabaseError where this database has no such verification.
      def verification(id)
        found = Verifications.find(id)
        return found if found&.database == path

        raise UnknownDatabaseError, Translations.text("problems.unknown_verification")
      end

      # None where they cannot be read; then `copies_problem` says why.
      def copies
        @copies ||= Dashboard::RestoredCopy.recent(database)
      rescue FileError => e
        @copies_problem = e.message
        @copies = []
      end

      def copies_problem
        copies
        @copies_problem
      end

      # The newest one that found out whether the replica restores.
      def verified = all_verifications.find(&:conclusive?)

      def verifying = verifications.find(&:under_way?)

      def news = observation.events.select { |event| event.report&.path == path && !event.routine? }.first(8)

      def verdict
        @verdict ||= Verdict.of(self)
      end

      private

      def all_verifications = @all_verifications ||= Verifications.all(database)

      # The replicator may not have noticed yet what somebody did to the replica.
      def unreachable_since = listing.inventory&.unreachable_since

      def txid(number)
        format("%016x", number) if number&.positive?
      end

      def time(text)
        Time.iso8601(text) if text
      end
    end
  end
end
