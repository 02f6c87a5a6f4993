# frozen_string_literal: true

require_relative "../../rails/boot"
require_relative "../options"
require_relative "command_line"
require_relative "database_argument"
require_relative "foreground"
require_relative "table"
require_relative "task"

module Litestream
  # The bodies of the rake tasks: options in, text or JSON out. A failure is one line on standard error and an exit status that
  # names its kind.
  # @api private
  module Tasks
    class << self
      def load_configuration(app)
        ending_well("litestream") { Boot.load_configuration(app) }
      end

      # @param name [Symbol] one of OptionList.commands
      def run(name)
        text = ending_well("litestream:#{name}") { Task.new(Commands::Options.parse(name, CommandLine.words)).public_send(name) }
        puts text unless text.to_s.empty?
      end

      private

      def ending_well(task)
        yield
      rescue Litestream::Error => e
        warn "#{task}: #{e.message}"
        exit e.exit_status
      end
    end
  end
end
