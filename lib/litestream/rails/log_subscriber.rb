# frozen_string_literal: true

require "active_support/log_subscriber"

module Litestream
  # A line in the log of Rails for each event `*.litestream`: the operation, the database, the duration, the failure.
  # @api private
  class LogSubscriber < ActiveSupport::LogSubscriber
    %i[sync snapshot verify restore].each do |name|
      define_method(name) do |event|
        info { "Litestream #{name} of #{event.payload[:path]} (#{event.duration.round(1)} ms)#{failure(event)}" }
      end
    end

    private

    def failure(event)
      name, message = event.payload[:exception]
      " failed: #{message} (#{name})" if name
    end
  end
end
