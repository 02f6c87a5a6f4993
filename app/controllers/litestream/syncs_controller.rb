# frozen_string_literal: true

module Litestream
  class SyncsController < ApplicationController
    include ReportsOutcome

    # Seconds for which a request may wait.
    PATIENCE = 8

    def create
      report.database.sync!(timeout: PATIENCE)
      done :synced
    end
  end
end
