# frozen_string_literal: true

module Litestream
  class SyncsController < ApplicationController
    include ReportsOutcome

    # Seconds that a request waits.
    REQUEST_TIMEOUT = 8

    def create
      report.database.sync!(timeout: REQUEST_TIMEOUT)
      done :synced
    end
  end
end
