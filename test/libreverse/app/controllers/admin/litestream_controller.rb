# frozen_string_literal: true

module Admin
  # How replication stands, as plain JSON.
  class LitestreamController < BaseController
    def status
      render json: {
        process: Litestream.replicate_process,
        databases: Litestream.databases
      }
    end
  end
end
