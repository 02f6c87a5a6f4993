# frozen_string_literal: true

module Litestream
  # Keeps one replicator running beside the processes of one application. The first process that takes the lock starts it; the
  # others stand by and take over when that one is gone. A supervisor belongs to the process that started it: a forked process
  # inherits a value without a thread.
  class Supervisor
    # The longest path of a socket in bytes, without the zero byte at its end.
    LONGEST_SOCKET = RUBY_PLATFORM.include?("linux") ? 107 : 103
    private_constant :LONGEST_SOCKET

    # Starts in the background and returns at once; #status reports the outcome.
    # @param config [String, nil] path of another litestream.yml than that of the configuration
    # @return [Supervisor]
    # @raise [ConfigurationError, ExecutableNotFoundError]
    def self.start(configuration = Litestream.configuration, config: nil)
      new(configuration, config: config).tap(&:start)
    end

    # @api private
    def initialize(configuration, config: nil)
      @configuration = configuration
      @config = config
    end

    # @api private
    def start
      settings = ConfigFile.read(@configuration, path: @config)
      check_length(settings.socket)
      settings.warnings.each { |warning| Litestream.log_warning(warning) }
      @native = Native::Supervisor.start(settings, @configuration.environment, @configuration.engine.to_s, Executable.native,
                                         [@configuration.beside_socket(".yml"), @configuration.beside_socket(".lock"),
                                          Switch.new(@configuration).file])
    end

    # True except in a process that was forked from the one that started it.
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
