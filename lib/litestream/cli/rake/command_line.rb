# frozen_string_literal: true

module Litestream
  module Tasks
    # The options of a task follow `--` on the command line, since rake takes every other word for a task.
    module CommandLine
      module_function

      # @return [Array<String>] the words after the first `--`
      def words(argv = ARGV)
        separator = argv.index("--")
        separator ? argv.drop(separator + 1) : []
      end

      # Rake takes a separate value for the name of a task, and Rails refuses an unknown one. Before a task of Litestream runs, such
      # words are struck from the list of tasks. To be called while the tasks are defined.
      def strike_from(tasks, argv = ARGV)
        words(argv).each { |word| tasks.delete(word) } if tasks.any? { |task| task.start_with?("litestream:") }
      end
    end
  end
end
