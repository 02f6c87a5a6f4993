# frozen_string_literal: true

module Litestream
  class SnapshotsController < ApplicationController
    include ReportsOutcome

    # Seconds that a request waits. The replicator continues by itself.
    REQUEST_TIMEOUT = 5

    def create
      report.database.sync!(timeout: REQUEST_TIMEOUT)
      done snapshot
    end

    private

    def snapshot
      report.database.snapshot!(timeout: REQUEST_TIMEOUT)
      :snapshot
    rescue TimeoutError
      :snapshot_later
    end
  end
end
