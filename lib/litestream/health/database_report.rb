# frozen_string_literal: true

require "digest"
require "time"

module Litestream
  module Health
    # One database as the replicator, its store and its journal show it. `nil` stands for what is not known.
    class DatabaseReport
      class << self
        # Names the database in URLs. Its path may hold any character, so it stays out of them.
        def id_of(database)
          Digest::SHA256.hexdigest(database.path)[0, 12]
        end

        # @raise [UnknownDatabaseError]
        def pick(databases, id)
          databases.find { |database| id_of(database) == id } || raise(UnknownDatabaseError, Translations.text("problems.unknown_database"))
        end
      end

      attr_reader :database, :overview

      def initialize(database, overview:)
        @database = database
        @overview = overview
      end

      # The database's name in URLs.
      def id = self.class.id_of(database)

      alias to_param id

      # @return [String] absolute path of the database
      def path = database.path

      # The path as rake tasks take it: relative to the application if it is inside of it.
      def name = path.scrub.delete_prefix("#{overview.configuration.root}/")

      # @return [Verdict]
      def verdict
        @verdict ||= Judge.database(self)
      end

      # The replicator's answer about this database; empty where it does not replicate it.
      def answer
        @answer ||= overview.telemetry.database(path)
      end

      def replicating? = !answer.empty?

      def official? = overview.telemetry.official?

      # "starting", "no_database", "replicating", "stopped" (for good) or "failed" (its task is being restarted).
      def phase
        return answer.fetch("phase") { "failed" if answer["status"] == "failed" } unless official?
        return "stopped" if answer["status"] == "stopped"

        last_sync_at ? "replicating" : "starting"
      end

      # @return [String, nil] 16 hexadecimal digits; nil before the first capture
      def captured = txid(answer["txid"])

      # The newest TXID in the store, as the replicator reports it. Where the store has lost files since, or the replicator does
      # not report it, the newest state that can be restored.
      def replicated
        (txid(answer["replicated_txid"]) unless unreachable_since || lost?) || listing.inventory&.newest
      end

      # The TXID up to which the replicator reports the store complete; nil: nothing yet. Official Litestream reports only that the
      # store has something.
      def claimed
        txid(answer["replicated_txid"]) || (txid(1) if official? && last_sync_at)
      end

      # True while the store lacks files that the replicator had reported. The replicator may have begun anew since, with less.
      def lost?
        claims = [listing.claimed, claimed]
        claims.all? && listing.lacks?(claims.min)
      end

      # @return [Float, nil] age in seconds of the oldest commit that the store lacks, or has beyond a gap
      def lag
        [answer["lag_seconds"], (overview.taken_at - unreachable_since if unreachable_since)].compact.max
      end

      # @return [Float, nil] seconds of lag beyond the sync interval, within which lag is as configured
      def overdue = lag && [lag - database.sync_interval, 0.0].max

      # Seconds of commits that would be lost with this machine. Not known unless the store has been seen to hold the rest.
      def exposure = (lag if replicating? && !lost? && verdict.state != :unknown)

      # @return [Time, nil]
      def last_sync_at = answer["last_sync_at"] && Time.iso8601(answer["last_sync_at"])

      # @return [String, nil] the early end of one of the replicator's tasks for this database, until that task works again
      def task_error = answer["task_error"]

      # The failure that keeps commits from being captured, as text.
      def capture_error = answer["capture_error"]

      # The failure that keeps captured transactions from the store.
      def upload_error = answer["upload_error"] || (answer["error"] if official?)

      # The failure that keeps the replica from being compacted; nothing is unsafe for it.
      def maintenance_error = answer["maintenance_error"]

      # The most urgent failure.
      def error = upload_error || capture_error || answer["error"]

      # @return [ListingCache::Entry]
      def listing = overview.listing(database)

      # Newest first; one may be under way. Empty where the journal cannot be read; `journal_problem` is the reason then.
      # @return [Array<Verifications::Report>]
      def verifications
        @verifications ||= Verifications.all(database)
      rescue Error => e
        @journal_problem = e.message
        @verifications = []
      end

      # @return [String, nil] the reason why the journal of verifications cannot be read
      def journal_problem
        verifications
        @journal_problem
      end

      # @return [Verifications::Report, nil] the newest one with a finding, passed or failed
      def verified = verifications.find(&:conclusive?)

      private

      # A replicator notices late that files of its replica were deleted.
      def unreachable_since = listing.inventory&.unreachable_since

      def txid(number)
        format("%016x", number) if number&.positive?
      end
    end
  end
end
