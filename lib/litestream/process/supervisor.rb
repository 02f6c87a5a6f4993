# frozen_string_literal: true

module Litestream
  # Keeps one replicator running beside the processes of one application: whichever takes the lock first starts it, the
  # others stand by and take over when that one is gone. It belongs to the process that started it; a forked process
  # inherits a value without a thread.
  class Supervisor
    # In bytes.
    LONGEST_SOCKET = RUBY_PLATFORM.include?("linux") ? 107 : 103
    private_constant :LONGEST_SOCKET

    # Returns at once: `status` tells what came of it. Raises ConfigurationError or ExecutableNotFoundError. `config` is
    # another litestream.yml than that of the configuration.
    def self.start(configuration = Litestream.configuration, config: nil)
      new(configuration, config: config).tap(&:start)
    end

    def initialize(configuration, config: nil)
      @configuration = configuration
      @config = config
    end

    def start
      settings = ConfigFile.read(@configuration, path: @config)
      check_length(settings.socket)
      @native = Native::Supervisor.start(settings, @configuration.environment, @configuration.engine.to_s, Executable.native,
                                         [@configuration.beside_socket(".yml"), @configuration.beside_socket(".lock"),
                                          Switch.new(@configuration).file])
    end

    # False in a process that was forked from the one that started it.
    def mine?
      @native.mine?
    end

    # @return [SupervisorStatus]
    # @raise [ForkedError] in a process that was forked from the one that started it
    def status
      SupervisorStatus.of(@native.status)
    end

    # Ends the replicator for good.
    # @param timeout [Numeric] seconds for its last sync
    # @return [String, nil] how it ended; nil where it was no child of this process
    # @raise [ForkedError]
    def stop(timeout: 15)
      @native.stop(Float(timeout))
    end

    private

    def check_length(socket)
      return if socket.nil? || socket.bytesize <= LONGEST_SOCKET

      raise ConfigurationError, "the control socket #{socket} has #{socket.bytesize} bytes, and the system allows #{LONGEST_SOCKET}: " \
                                "set config.litestream.socket_path or LITESTREAM_SOCKET to a shorter one"
    end
  end
end
