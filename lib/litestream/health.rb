# frozen_string_literal: true

require_relative "translations"
require_relative "health/verdict"
require_relative "health/check"
require_relative "health/database_report"
require_relative "health/inventory"
require_relative "health/listing_cache"
require_relative "health/overview"
require_relative "health/telemetry"

module Litestream
  # The judge of replication: Overview (one look at the replicator, the stores and the journals) → DatabaseReport (one database)
  # → Verdict.
  module Health
  end
end
