# frozen_string_literal: true

module Litestream
  # JSON for monitoring: 200 while every database is replicated within the limit, else 503.
  class HealthController < ApplicationController
    def show
      health = Health.check
      render json: health.to_h, status: health.ok? ? :ok : :service_unavailable
    end
  end
end
