# frozen_string_literal: true

require "time"

module Litestream
  module Dashboard
    # An event that the replicator announced.
    # @api private
    class Event
      attr_reader :report

      # The `report` is of the database that it concerns; nil for the whole process, or a database that is no longer configured.
      # @param event [Hash] of the telemetry
      def initialize(event, reports)
        @event = event
        @report = reports.find { |report| report.path == event["database"] }
      end

      def time = Time.iso8601(@event["time"])

      # "info", "warn" or "error"
      def level = @event["level"]

      def kind = @event["kind"]

      def title
        Translations.text("events.kinds.#{kind}")
      rescue KeyError
        Translations.text("events.kinds.other")
      end

      # True for events that come all the time.
      def routine? = %w[compaction retention].include?(kind)

      # The replicator's own sentence, which is English.
      def text = @event["text"]

      def times = @event["times"]
    end
  end
end
