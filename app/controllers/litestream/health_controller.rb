# frozen_string_literal: true

module Litestream
  # JSON for monitoring: 200 where all is well, 503 where it is not.
  class HealthController < ApplicationController
    def show
      health = Health::Check.take
      render json: health.to_h { |verdict| helpers.sentence(verdict) }, status: health.ok? ? :ok : :service_unavailable
    end
  end
end
