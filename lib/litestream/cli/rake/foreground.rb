# frozen_string_literal: true

require "io/wait"

module Litestream
  module Tasks
    # `litestream:replicate`: supervises like a server does, until a signal. Beside a server of the same application it stands by,
    # so that a Procfile may hold both.
    class Foreground
      # Seconds for the last sync.
      STOP_TIMEOUT = 15

      # @param config [String, nil] path of another litestream.yml than that of the configuration
      def initialize(configuration, config: nil)
        @configuration = configuration
        @config = config
      end

      def run
        until_signal { |signal| enabled? ? supervise(signal) : signal.wait_readable }
        nil
      end

      private

      # In development, where replication is off without credentials, this waits, too: the end of one process of a Procfile is
      # the end of all.
      def enabled?
        missing = @configuration.environment.missing
        return true if missing.empty?

        @configuration.environment.require! unless ::Rails.env.development?
        warn "litestream: replication is disabled, since these variables are missing: #{missing.join(", ")}"
        false
      end

      def supervise(signal)
        # Only servers read the setting itself.
        warn "litestream: replication is switched off by the application's own setting" unless Switch.new(@configuration).on?
        supervisor = Supervisor.start(@configuration, config: @config)
        signal.wait_readable
      ensure
        supervisor&.stop(timeout: STOP_TIMEOUT)
      end

      # Yields what becomes readable on SIGINT or SIGTERM.
      def until_signal
        signalled, wake = IO.pipe
        previous = %w[INT TERM].to_h { |signal| [signal, trap(signal) { wake.write_nonblock(".", exception: false) }] }
        yield signalled
      ensure
        previous&.each { |signal, handler| trap(signal, handler) }
        [signalled, wake].each(&:close)
      end
    end
  end
end
