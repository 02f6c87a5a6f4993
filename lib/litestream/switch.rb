# frozen_string_literal: true

require "fileutils"

module Litestream
  # Replication on or off by a setting that the application keeps: config.litestream.enabled is a block that reads it,
  # config.litestream.switch one that writes it. What is in effect is a file beside the control socket, which the supervisors
  # of all the application's processes watch, and which the pages read: the setting itself may lie in a database.
  class Switch
    def initialize(configuration = Litestream.configuration)
      @configuration = configuration
    end

    # Whether the application keeps such a setting.
    def kept? = @configuration.enabled.respond_to?(:call) && @configuration.switch.respond_to?(:call)

    # Whether replication may run.
    def on? = !File.exist?(file)

    # Writes the setting, and has every process follow within seconds. Raises ConfigurationError where none is kept.
    def turn(on)
      unless kept?
        raise ConfigurationError, "this application keeps no setting for replication: config.litestream.enabled and " \
                                  "config.litestream.switch would be blocks that read and write it"
      end

      @configuration.switch.call(on)
      on ? FileUtils.rm_f(file) : touch
    end

    # Follows the setting as it is when the server starts. Whatever cannot be read leaves replication on.
    def follow
      on = !@configuration.enabled.respond_to?(:call) || @configuration.enabled.call
      on ? FileUtils.rm_f(file) : touch
    rescue StandardError => e
      FileUtils.rm_f(file)
      warn "litestream: replication is on, since config.litestream.enabled could not be asked: #{e.class}: #{e.message}"
    end

    # Absolute.
    def file = @configuration.beside_socket(".off")

    private

    def touch
      FileUtils.mkdir_p(File.dirname(file))
      FileUtils.touch(file)
    end
  end
end
