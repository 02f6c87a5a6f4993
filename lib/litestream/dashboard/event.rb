# frozen_string_literal: true

require "time"

module Litestream
  module Dashboard
    # Something that the replicator announced.
    class Event
      attr_reader :report

      # `told`: as its telemetry has it. `report`: of the database that it concerns; nil: the whole process, or one that is no
      # longer configured.
      def initialize(told, reports)
        @told = told
        @report = reports.find { |report| report.path == told["database"] }
      end

      def time = Time.iso8601(@told["time"])

      # "info", "warn" or "error"
      def level = @told["level"]

      def kind = @told["kind"]

      def title
        Translations.text("events.kinds.#{kind}")
      rescue KeyError
        Translations.text("events.kinds.other")
      end

      # What goes on all the time.
      def routine? = %w[compaction retention].include?(kind)

      # In the replicator's words, which are English.
      def text = @told["text"]

      def times = @told["times"]
    end
  end
end
