# frozen_string_literal: true

require_relative "../rails/boot"

module Litestream
  # For config/initializers/litestream_in_process.rb: the replicator starts with the server and ends with it.
  #
  # Whichever process loads the application supervises or stands by: Puma's master where it preloads, else its workers.
  # It starts at the end of the application's boot, so that a boot that fails leaves nothing behind. Processes that are
  # forked later inherit the supervisor as a value without a thread; their end is not its end.
  # To ask twice (Puma's plugin and the initializer) is to ask once.
  def self.start_in_process
    return if @start_in_process

    @start_in_process = true
    ActiveSupport.on_load(:after_initialize) { InProcess.start if Boot.serving? }
  end

  module InProcess
    # Seconds for the last sync when the server ends.
    STOP_TIMEOUT = 15

    # `rails server -d` loads the application, and only then becomes another process: what was started ends with the first.
    module Daemon
      def daemon(*)
        super.tap { InProcess.start }
      end
    end

    # Answers the Supervisor. To be called again by a server whose loading process ends once it has forked.
    def self.start
      Switch.new.follow
      supervisor = Supervisor.start
      owner = Process.pid
      # Inherited by every fork.
      at_exit { supervisor.stop(timeout: STOP_TIMEOUT) if Process.pid == owner }
      Process.singleton_class.prepend(Daemon)
      supervisor
    end
  end
end
