# frozen_string_literal: true

module Litestream
  module Health
    # What the replicator tells about itself: one answer of its control socket, or why there is none.
    class Telemetry
      # How long (seconds) it may take to answer while a page waits.
      PATIENCE = 2.0
      private_constant :PATIENCE

      Running = Struct.new(:pid, :started_at, :version, :restarts, :memory_bytes, keyword_init: true)

      # `config`: a Native::Config.
      def self.ask(config)
        return new(problem: Status::SwitchedOff.new("socket.enabled is false in litestream.yml")) unless config.socket

        control = Native::Control.new(config.socket, PATIENCE)
        new(answer: whole(control) || official(control))
      rescue OperationFailed => e
        new(problem: e)
      end

      # Nil where official Litestream answers, which does not know this request.
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

      # Whether it was not to be asked: it may run.
      def switched_off? = problem.is_a?(Status::SwitchedOff)

      # Whether it is official Litestream, which tells little and takes no order but a sync.
      def official? = @answer.to_h.fetch("official", false)

      def process
        return unless running?

        Running.new(pid: @answer["pid"], started_at: Time.iso8601(@answer["started_at"]), version: @answer["version"],
                    restarts: @answer["restarts"], memory_bytes: @answer["memory_bytes"])
      end

      # What it tells of one database: a hash, empty where it does not replicate that one.
      def database(path)
        @answer&.fetch("databases")&.find { |database| database["path"] == path } || {}
      end

      # Seconds between two samples of the lag.
      def sample_seconds
        @answer && @answer["sample_seconds"]
      end

      # Newest first.
      def events
        @answer.to_h.fetch("events", []).reverse
      end
    end
  end
end
