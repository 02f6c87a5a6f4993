# frozen_string_literal: true

require "delegate"

module Litestream
  module Dashboard
    # A Health::Overview with what only the dashboard shows: events, size and cost, the lag of the last hour.
    # @api private
    class OverviewPage < SimpleDelegator
      # How many events a page begins with.
      NEWS = 8

      # @return [Array<DatabasePage>] in the order of litestream.yml
      def reports = @reports ||= super.map { |report| DatabasePage.new(report, self) }

      # The databases that need attention before the others.
      def worst_first
        reports.sort_by.with_index { |report, place| [Health::Verdict::STATES.index(report.verdict.state), place] }
      end

      # @return [Array<Event>] newest first
      def events = @events ||= telemetry.events.map { |event| Event.new(event, reports) }

      # The newest events that are no routine.
      def news = events.reject(&:routine?).first(NEWS)

      # Size of all replicas that were listed.
      def bytes = reports.sum { |report| report.bytes.to_i }

      # How many replicas were listed.
      def listed = reports.count(&:bytes)

      # @return [Cost]
      def cost = cost_of(reports)

      def cost_of(reports)
        # Official Litestream counts no uploads.
        uptime = telemetry.process && !telemetry.official? ? taken_at - telemetry.process.started_at : 0
        Cost.new(prices, bytes: reports.sum { |report| report.bytes.to_i }, uploads: reports.sum(&:uploads), uptime: uptime)
      end

      def prices = @prices ||= Cost::Prices.of(configuration)

      # @return [Float, nil] the highest lag of the last hour in seconds, of the databases that have a record of it
      def worst_lag = reports.filter_map(&:worst_lag).max

      # The highest lag of all databases, sample by sample, oldest first, in seconds.
      def samples
        series = reports.filter_map(&:samples)
        length = series.map(&:size).max.to_i
        Array.new(length) { |age| series.filter_map { |samples| samples[-1 - age] if age < samples.size }.max }.reverse
      end
    end
  end
end
