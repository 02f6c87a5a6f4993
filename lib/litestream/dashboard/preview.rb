# frozen_string_literal: true

require "time"
require "timeout"

module Litestream
  module Dashboard
    # A restore before it is done: the state, the files that it reads, the folder that it writes to.
    # @api private
    class Preview
      TARGETS = %w[latest txid time].freeze
      # Seconds that the store may take to list.
      STORE_TIMEOUT = 6
      FORMAT = /\A\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?<zone>UTC|Z|[+-]\d\d:?\d\d)?\z/
      LAST_OF_SECOND = Rational(999, 1000)
      private_constant :STORE_TIMEOUT, :FORMAT, :LAST_OF_SECOND

      # The TXID that a reader typed.
      # @return [String] 16 hexadecimal digits
      # @raise [TargetUnavailableError] where it is no TXID
      def self.txid(text)
        digits = text.to_s.strip
        return digits.downcase.rjust(16, "0") if digits.match?(/\A\h{1,16}\z/) && digits.hex.positive?

        raise TargetUnavailableError, Translations.text("problems.bad_txid")
      end

      attr_reader :txid, :time, :problem

      # The fields of the form.
      # @param target [String, nil] one of TARGETS; nil: nothing was asked for
      def initialize(report, target: nil, txid: nil, time: nil)
        @report = report
        @target = target
        @txid = txid
        @time = time
        plan
      end

      # The choice that is marked.
      def target = TARGETS.include?(@target) ? @target : "latest"

      # @return [RestorePlan, nil] nil as long as nothing was asked for, or where that cannot be restored
      def plan
        return @plan if @plan || @problem || !TARGETS.include?(@target)

        @plan = ::Timeout.timeout(STORE_TIMEOUT) { @report.database.plan(txid: wanted) }
      rescue ::Timeout::Error
        @problem = Translations.text("problems.slow_store", seconds: STORE_TIMEOUT)
        nil
      rescue OperationFailed => e
        @problem = e.message
        nil
      end

      # Time of the planned state, as on the timeline. The plan's own time is that of the files it reads, which may have been merged
      # later.
      def as_of
        states = (@inventory || @report.listing.inventory)&.states.to_a
        states.find { |state| state.txid == plan.txid }&.at || plan.created
      end

      # The time that a reader typed: in UTC where it names no zone; nil where it is no time.
      def moment
        text = time.to_s.strip
        match = FORMAT.match(text) or return
        # Time takes 31 February for 3 March.
        Date.iso8601(text[0, 10])
        Time.parse(match[:zone] ? text : "#{text} UTC")
      rescue ::ArgumentError
        nil
      end

      # The same for a script, to the second or the millisecond as it was typed.
      def iso = moment&.getutc&.iso8601(time.include?(".") ? 3 : 0)

      private

      def wanted
        case target
        when "txid" then self.class.txid(txid)
        when "time" then at_time
        end
      end

      # The newest state from that time or before. From a listing made now, since the page that shows the time may come from another
      # process, which knows newer states.
      def at_time
        asked = moment or raise TargetUnavailableError, Translations.text("problems.bad_time")
        @inventory = @report.database.inventory
        point = @inventory.at(whole(asked)) or raise TargetUnavailableError, Translations.text("problems.no_such_time")
        point.txid
      end

      # Pages cut times to the second, so a reader has no more of a state from the middle of one.
      def whole(asked) = time.include?(".") ? asked : asked + LAST_OF_SECOND
    end
  end
end
