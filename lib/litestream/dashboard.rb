# frozen_string_literal: true

require_relative "dashboard/access"
require_relative "dashboard/asset"
require_relative "dashboard/restored_copy"
require_relative "dashboard/cost"
require_relative "dashboard/event"
require_relative "health/inventory"
require_relative "dashboard/lag_chart"
require_relative "health/listing_cache"
require_relative "health/overview"
require_relative "dashboard/preview"
require_relative "health/database_report"
require_relative "health/telemetry"
require_relative "dashboard/translations"
require_relative "dashboard/timeline"
require_relative "health/verdict"
require_relative "health/check"

module Litestream
  # What the dashboard shows, apart from HTML: Observation (one look at the replicator, the stores and the journals) → Report (one
  # database) → Verdict, LagChart, Timeline, Cost.
  module Dashboard
    # Of this process.
    def self.listings
      @listings ||= Listings.new
    end
  end
end
