# frozen_string_literal: true

module Litestream
  # Between the end of one replicator and the start of the next (a worker takes over, a crash, a restart of the server)
  # nobody answers for a second or two. Who waits for the store waits through that.
  module Handover
    # Seconds until it is taken for no replicator at all.
    LONGEST = 5.0
    PAUSE = 0.1
    private_constant :LONGEST, :PAUSE

    # Yields the seconds left of `timeout`, again and again while no replicator answers.
    def self.bridge(timeout)
      began = now
      begin
        yield Float(timeout) - (now - began)
      rescue NotRunningError
        raise if now - began + PAUSE > [Float(timeout), LONGEST].min

        sleep PAUSE
        retry
      end
    end

    def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    private_class_method :now
  end
end
