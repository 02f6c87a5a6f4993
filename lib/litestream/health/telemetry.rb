# frozen_string_literal: true

module Litestream
  module Health
    # The replicator's report of itself: one answer of its control socket, or the reason why there is none.
    # @api private
    class Telemetry
      # Seconds that the answer may take, since a page waits.
      ANSWER_TIMEOUT = 2.0
      private_constant :ANSWER_TIMEOUT

      # `restarts` and `memory_bytes` are nil where they are not known; `started_at` is a Time.
      Running = Struct.new(:pid, :started_at, :version, :restarts, :memory_bytes, keyword_init: true)

      # @param config [Native::Config]
      # @return [Telemetry]
      def self.ask(config)
        return new(problem: Status::SwitchedOff.new("socket.enabled is false in litestream.yml")) unless config.socket

        control = Native::Control.new(config.socket, ANSWER_TIMEOUT)
        new(answer: whole(control) || official(control))
      rescue OperationFailed => e
        new(problem: e)
      end

      # nil where official Litestream answers, which does not know this request.
      def self.whole(control)
        control.telemetry
      rescue RefusedError
        nil
      end

      def self.official(control)
        databases = control.list["databases"].map { |database| OfficialEngine.complete(database) }
        control.info.merge("databases" => databases, "official" => true)
      end
      private_class_method :whole, :official

      # The error that came instead of an answer.
      attr_reader :problem

      def initialize(answer: nil, problem: nil)
        @answer = answer
        @problem = problem
      end

      def running?
        !@answer.nil?
      end

      # True where the control socket is disabled: a replicator may run.
      def switched_off? = problem.is_a?(Status::SwitchedOff)

      # True for official Litestream, which reports little and takes no request but a sync.
      def official? = @answer.to_h.fetch("official", false)

      # @return [Running, nil]
      def process
        return unless running?

        Running.new(pid: @answer["pid"], started_at: Time.iso8601(@answer["started_at"]), version: @answer["version"],
                    restarts: @answer["restarts"], memory_bytes: @answer["memory_bytes"])
      end

      # @return [Hash] its report of one database; empty where it does not replicate that one
      def database(path)
        @answer&.fetch("databases")&.find { |database| database["path"] == path } || {}
      end

      # Seconds between two samples of the lag; nil where there are none.
      def sample_seconds
        @answer && @answer["sample_seconds"]
      end

      # @return [Array<Hash>] newest first
      def events
        @answer.to_h.fetch("events", []).reverse
      end
    end
  end
end
