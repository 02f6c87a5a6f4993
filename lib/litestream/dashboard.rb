# frozen_string_literal: true

require_relative "dashboard/access"
require_relative "dashboard/asset"
require_relative "dashboard/copy"
require_relative "dashboard/cost"
require_relative "dashboard/event"
require_relative "dashboard/inventory"
require_relative "dashboard/lag_chart"
require_relative "dashboard/listings"
require_relative "dashboard/observation"
require_relative "dashboard/preview"
require_relative "dashboard/report"
require_relative "dashboard/telemetry"
require_relative "dashboard/texts"
require_relative "dashboard/timeline"
require_relative "dashboard/verdict"
require_relative "dashboard/health"

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
