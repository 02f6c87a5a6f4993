# frozen_string_literal: true

require_relative "translations"
require_relative "health/duration"
require_relative "health/listing_cache"
require_relative "health/telemetry"
require_relative "health/verdict"
require_relative "health/judge"
require_relative "health/database_report"
require_relative "health/overview"
require_relative "health/check"

module Litestream
  # The one judge of replication, for the admin page, the dashboard and monitoring: Overview (one look at the replicator, the
  # stores and the journals) → DatabaseReport (one database) → Judge (the rules) → Verdict (state and sentence).
  module Health
    # The state of replication without a request to a store.
    # @return [Check]
    def self.check(configuration = Litestream.configuration) = Check.take(configuration)
  end
end
