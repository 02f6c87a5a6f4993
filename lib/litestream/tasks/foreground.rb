# frozen_string_literal: true

module Litestream
  module Tasks
    # `litestream:replicate`: supervises like a server does, until a signal. Beside a server of the same application it
    # stands by, so that a Procfile may hold both.
    class Foreground
      STOP_TIMEOUT = 15

      def initialize(configuration)
        @configuration = configuration
      end

      def run
        wait_for_signal { |ended| enabled? ? supervise(ended) : ended.pop }
        nil
      end

      private

      # In development, where replication is off without credentials, this waits all the same: the end of one process of
      # a Procfile is the end of all.
      def enabled?
        missing = @configuration.environment.missing
        return true if missing.empty?

        @configuration.environment.require! unless ::Rails.env.development?
        warn "litestream: replication is disabled, since these variables are missing: #{missing.join(", ")}"
        false
      end

      def supervise(ended)
        supervisor = Supervisor.start(@configuration)
        ended.pop
      ensure
        supervisor&.stop(timeout: STOP_TIMEOUT)
      end

      def wait_for_signal
        ended = Queue.new
        previous = %w[INT TERM].to_h { |signal| [signal, trap(signal) { ended << signal }] }
        yield ended
      ensure
        previous&.each { |signal, handler| trap(signal, handler) }
      end
    end
  end
end
