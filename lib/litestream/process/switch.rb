# frozen_string_literal: true

require "fileutils"

require_relative "../private"

module Litestream
  # Replication on or off by a setting that the application keeps: config.litestream.enabled is a lambda that reads it,
  # config.litestream.switch one that writes it. The state in effect is a file beside the control socket. The supervisors of all
  # the application's processes watch it, and the pages read it, since the setting itself may lie in a database.
  class Switch
    def initialize(configuration = Litestream.configuration)
      @configuration = configuration
    end

    # True where the application keeps such a setting.
    def kept? = asks? && @configuration.switch.respond_to?(:call)

    # True while replication may run.
    def on? = !File.exist?(file)

    # Writes the setting, and has every process follow within seconds.
    # @param on [Boolean]
    # @raise [ConfigurationError] where the application keeps no setting
    # @raise [FileError]
    def turn(on)
      unless kept?
        raise ConfigurationError, "this application keeps no setting for replication: config.litestream.enabled and " \
                                  "config.litestream.switch would be lambdas that read and write it"
      end

      alone do
        @configuration.switch.call(on)
        apply(on)
      end
    end

    # Follows the setting as it is when the server starts; without one, replication is on. Where it cannot be read, the state
    # stays as it was.
    def follow
      return if on? && !asks?

      alone { apply(asks? ? wanted : true) }
    end

    # Absolute path of the file that exists while replication is off.
    def file = @configuration.beside_socket(".off")

    private

    def asks? = @configuration.enabled.respond_to?(:call)

    # No setting yet (nil) is not "off".
    def wanted
      @configuration.enabled.call != false
    rescue StandardError => e
      warn "litestream: replication stays #{on? ? "on" : "off"}, since config.litestream.enabled failed: " \
           "#{e.class}: #{e.message}"
      on?
    ensure
      release_connections
    end

    # The server may fork or become a daemon after this. SQLite's locks do not survive that, so no connection may.
    def release_connections
      return unless defined?(::ActiveRecord::Base)

      handler = ::ActiveRecord::Base.connection_handler
      ::ActiveRecord.version >= Gem::Version.new("7.1") ? handler.clear_all_connections!(:all) : handler.clear_all_connections!
    end

    def apply(on)
      on ? File.unlink(file) : Private.open(file, File::WRONLY | File::CREAT).close
    rescue Errno::ENOENT
      raise unless on
    rescue SystemCallError => e
      raise FileError, "cannot switch replication #{on ? "on" : "off"}: #{e.message}"
    end

    # One process at a time, so that the setting and the file agree.
    def alone
      FileUtils.mkdir_p(File.dirname(file))
      lock = Private.open(@configuration.beside_socket(".switch"), File::RDWR | File::CREAT)
      lock.flock(File::LOCK_EX)
      yield
    rescue SystemCallError => e
      raise FileError, "cannot switch replication: #{e.message}"
    ensure
      lock&.close
    end
  end
end
