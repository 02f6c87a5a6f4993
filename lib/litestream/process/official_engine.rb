# frozen_string_literal: true

require "time"

module Litestream
  # Official Litestream as the replicator (config.litestream.engine = "litestream") tells less than ours.
  module OfficialEngine
    # A database of the control socket's list, whoever answered. Official Litestream tells no TXIDs and no lag, but when it last
    # found the store to have everything: what was committed since may be lost.
    def self.complete(told, now = Time.now)
      return told unless told["txid"].to_i.zero? && told["last_sync_at"]

      told.merge("lag_seconds" => [now - Time.iso8601(told["last_sync_at"]), 0.0].max)
    end
  end
end
