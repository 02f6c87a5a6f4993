# frozen_string_literal: true

require_relative "health"
require_relative "dashboard/access"
require_relative "dashboard/asset"
require_relative "dashboard/cost"
require_relative "dashboard/database_page"
require_relative "dashboard/event"
require_relative "dashboard/lag_chart"
require_relative "dashboard/overview_page"
require_relative "dashboard/preview"
require_relative "dashboard/restored_copy"
require_relative "dashboard/timeline"

module Litestream
  # The dashboard apart from its HTML: OverviewPage (all databases) and DatabasePage (one) add to what Health judges.
  module Dashboard
  end
end
