# frozen_string_literal: true

require_relative "boot"
require_relative "tasks/arguments"
require_relative "tasks/database_argument"
require_relative "tasks/foreground"
require_relative "tasks/table"
require_relative "tasks/task"

module Litestream
  # The bodies of the rake tasks: arguments in, text or JSON out. A failure is one line on standard error and an exit
  # status that tells its kind.
  module Tasks
    class << self
      def run(name)
        text = Task.new(Arguments.of_command_line).public_send(name)
        puts text unless text.to_s.empty?
      rescue Litestream::Error => e
        warn "litestream:#{name}: #{e.message}"
        exit e.exit_status
      end
    end
  end
end
