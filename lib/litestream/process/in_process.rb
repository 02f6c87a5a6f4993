# frozen_string_literal: true

require_relative "../rails/boot"

module Litestream
  # For config/initializers/litestream_in_process.rb: the replicator starts with the server and ends with it.
  #
  # The processes that load the application supervise or stand by: Puma's master where it preloads, else its workers.
  # The start is at the end of the application's boot, so that a boot that fails leaves nothing behind. Processes that are
  # forked later inherit the supervisor as a value without a thread; their end is not its end.
  # A second call, by Puma's plugin and the initializer, has no effect.
  def self.start_in_process
    return if @start_in_process

    @start_in_process = true
    ActiveSupport.on_load(:after_initialize) { InProcess.start if Boot.serving? }
  end

  # The supervisor of a server process.
  # @api private
  module InProcess
    # Seconds for the last sync when the server ends.
    STOP_TIMEOUT = 15

    # `rails server -d` loads the application and then becomes another process. A supervisor of the first ends with it.
    module Daemon
      def daemon(*)
        super.tap { InProcess.start }
      end
    end

    # Called again by a server whose loading process ends once it has forked.
    # @return [Supervisor]
    def self.start
      Switch.new.follow
      supervisor = Supervisor.start
      owner = Process.pid
      # Every fork inherits it.
      at_exit { supervisor.stop(timeout: STOP_TIMEOUT) if Process.pid == owner }
      Process.singleton_class.prepend(Daemon)
      supervisor
    end
  end
end
