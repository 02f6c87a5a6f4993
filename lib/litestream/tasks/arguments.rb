# frozen_string_literal: true

module Litestream
  module Tasks
    # What follows `--` on the command line of a task:
    # `--database=PATH`, `-database=PATH`, `--database PATH` and `-database PATH` mean the same.
    class Arguments
      class Invalid < Litestream::Error
        fails_with "usage", exit_status: 2
      end

      VALUES = %i[database output timestamp txid level timeout].freeze
      FLAGS = %i[if_db_not_exists if_replica_exists force json].freeze
      SHORT = {o: :output}.freeze

      # Rake would take a value that stands alone for the name of a task: such names are struck from the list
      # of tasks still to run.
      def self.of_command_line(argv = ARGV, tasks: Rake.application.top_level_tasks)
        separator = argv.index("--")
        words = separator ? argv.drop(separator + 1) : []
        new(words).tap { words.each { |word| tasks.delete(word) } }
      end

      attr_reader :options

      def initialize(words)
        @options = {}
        words = words.dup
        take(words.shift, words) until words.empty?
      end

      def [](name) = options[name]

      # The options in the form that Litestream::Commands takes: only those that were given.
      def slice(*names) = options.slice(*names)

      private

      def take(word, rest)
        raise Invalid, "unexpected argument #{word.inspect}: options look like --database=PATH" unless word.match?(/\A--?[a-z]/)

        name, value = word.sub(/\A--?/, "").split("=", 2)
        key = name.tr("-", "_").to_sym
        key = SHORT.fetch(key, key)
        options[key] = known(key, name, value, rest)
      end

      def known(key, name, value, rest)
        if FLAGS.include?(key)
          raise Invalid, "--#{name} takes no value" if value

          true
        elsif VALUES.include?(key)
          value ||= rest.shift
          raise Invalid, "--#{name} needs a value" if value.to_s.empty?

          value
        else
          raise Invalid, "unknown option --#{name}: known are #{(VALUES + FLAGS).map { |known| "--#{known.to_s.tr("_", "-")}" }.join(", ")}"
        end
      end
    end
  end
end
