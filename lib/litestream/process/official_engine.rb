# frozen_string_literal: true

require "time"

module Litestream
  # Official Litestream as the replicator (config.litestream.engine = "litestream") reports less than ours.
  # @api private
  module OfficialEngine
    # Adds the lag to a database of the control socket's list, where it lacks one. Official Litestream reports neither TXIDs nor
    # lag, but the time at which the store was last complete. Commits since then may be lost.
    # @param listed [Hash]
    # @return [Hash]
    def self.complete(listed, now = Time.now)
      return listed unless listed["txid"].to_i.zero? && listed["last_sync_at"]

      listed.merge("lag_seconds" => [now - Time.iso8601(listed["last_sync_at"]), 0.0].max)
    end
  end
end
