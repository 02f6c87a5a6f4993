# frozen_string_literal: true

module Litestream
  class SnapshotsController < ApplicationController
    include ReportsOutcome

    # Seconds for which a request may wait; the replicator goes on by itself.
    PATIENCE = 5

    def create
      report.database.sync!(timeout: PATIENCE)
      done snapshot
    end

    private

    def snapshot
      report.database.snapshot!(timeout: PATIENCE)
      :snapshot
    rescue TimeoutError
      :snapshot_later
    end
  end
end
