# frozen_string_literal: true

require "time"
require "timeout"

module Litestream
  module Dashboard
    # What a restore would do, before it is done: which state, from which files, to which folder.
    class Preview
      TARGETS = %w[latest txid time].freeze
      # Seconds that the store may take to list.
      PATIENCE = 6
      private_constant :PATIENCE

      # 16 hexadecimal digits of what somebody typed; TargetUnavailableError where that is none.
      def self.txid(text)
        digits = text.to_s.strip
        return digits.downcase.rjust(16, "0") if digits.match?(/\A\h{1,16}\z/) && digits.hex.positive?

        raise TargetUnavailableError, Texts.text("problems.bad_txid")
      end

      attr_reader :txid, :time, :problem

      # As the form has them: one of TARGETS, and what that one needs.
      def initialize(report, target: nil, txid: nil, time: nil)
        @report = report
        @target = target
        @txid = txid
        @time = time
        plan
      end

      # Which choice is marked.
      def target = TARGETS.include?(@target) ? @target : "latest"

      # A hash as Database#plan returns it; nil as long as nothing was asked for, or where that cannot be.
      def plan
        return @plan if @plan || @problem || !TARGETS.include?(@target)

        @plan = ::Timeout.timeout(PATIENCE) { @report.database.plan(wanted) }
      rescue ::Timeout::Error
        @problem = Texts.text("problems.slow_store", seconds: PATIENCE)
        nil
      rescue OperationFailed => e
        @problem = e.message
        nil
      end

      private

      def wanted
        case target
        when "txid" then self.class.txid(txid)
        when "time" then at_time
        end
      end

      # The newest state that the listing has from that time or before. Without a zone it is UTC.
      def at_time
        timeline = @report.timeline or raise TargetUnavailableError, Texts.text("problems.no_listing")
        point = timeline.at(parsed_time) or raise TargetUnavailableError, Texts.text("problems.no_such_time")
        point.txid
      end

      def parsed_time
        text = time.to_s.strip
        raise ::ArgumentError unless text.match?(/\A\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(UTC|Z|[+-]\d\d:?\d\d)?\z/)

        Time.parse(text.match?(/(UTC|Z|[+-]\d\d:?\d\d)\z/) ? text : "#{text} UTC")
      rescue ::ArgumentError
        raise TargetUnavailableError, Texts.text("problems.bad_time")
      end
    end
  end
end
