# frozen_string_literal: true

module Litestream
  module Health
    # The state of replication for monitoring, from the replicator and the journals. No request goes to a store, so a monitor
    # costs nothing. `nil` stands for what is not known.
    class Check
      # In place of ListingCache: no replica is listed.
      # @api private
      module NoListings
        def self.of(_databases, _claims) = {}
      end
      private_constant :NoListings

      # @return [Check] the state at this moment
      def self.take(configuration = Litestream.configuration)
        new(Overview.take(configuration, listings: NoListings))
      end

      # @param overview [Overview]
      def initialize(overview)
        @overview = overview
      end

      # @return [Boolean, nil] true while every database is replicated within the limit; nil: not known
      def ok? = @overview.verdict.ok?

      # @return [Hash] ok, state, message, lag_seconds (Float or nil), databases: path, state, message, lag_seconds, captured_txid,
      #   replicated_txid (16 hexadecimal digits or nil), last_verification (state, at) or nil
      def to_h
        verdict = @overview.verdict
        { ok: ok?, state: verdict.state, message: verdict.sentence, lag_seconds: @overview.lag,
          databases: @overview.reports.map { |report| database(report) } }
      end

      private

      def database(report)
        { path: report.path, state: report.verdict.state, message: report.verdict.sentence, lag_seconds: report.lag,
          captured_txid: report.captured, replicated_txid: report.replicated, last_verification: verification(report.verified) }
      end

      def verification(report)
        report && { state: report.state, at: (report.finished || report.started).utc.iso8601(3) }
      end
    end
  end
end
