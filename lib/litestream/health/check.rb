# frozen_string_literal: true

module Litestream
  module Health
    # For monitoring: what the replicator and the journals say. The store is asked nothing, so a monitor costs nothing. Where the
    # replicator cannot be asked either, all that is not known is nil.
    class Check
      # Seconds of lag beyond the sync interval from which on it is bad, whatever the reason: what is a matter of seconds rings no
      # bell.
      LATE = Verdict::FAILING
      # In place of ListingCache.
      module NoListings
        def self.of(_databases, _claims) = {}
      end
      private_constant :LATE, :NoListings

      def self.take(configuration = Litestream.configuration)
        new(Overview.take(configuration, listings: NoListings))
      end

      def initialize(observation)
        @observation = observation
      end

      # Whether every database is being replicated, in time; nil where that is not known.
      def ok?
        return if @observation.verdict.state == :unknown

        %i[safe behind].include?(@observation.verdict.state) && @observation.overdue < LATE
      end

      # Sentences come from the block, which is given a Verdict.
      def to_h(&sentence)
        { ok: ok?, state: @observation.verdict.state, message: sentence.call(@observation.verdict),
          lag_seconds: (@observation.lag if @observation.telemetry.running?),
          databases: @observation.reports.map { |report| database(report, &sentence) } }
      end

      private

      def database(report)
        { path: report.path, state: report.verdict.state, message: yield(report.verdict), lag_seconds: (report.lag if report.replicating?),
          captured_txid: report.captured, replicated_txid: report.replicated, last_verification: verification(report.verified) }
      end

      def verification(report)
        report && { state: report.state, at: (report.finished || report.started).utc.iso8601(3) }
      end
    end
  end
end
