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

      # Of the command line of this process.
      def self.of_command_line(argv = ARGV)
        new(words(argv))
      end

      # Rake takes a value that stands alone for the name of a task, and Rails refuses what is none: where a task of ours is
      # to run, such words are struck from the list of tasks. To be done while the tasks are defined.
      def self.strike_from(tasks, argv = ARGV)
        words(argv).each { |word| tasks.delete(word) } if tasks.any? { |task| task.start_with?("litestream:") }
      end

      def self.words(argv)
        separator = argv.index("--")
        separator ? argv.drop(separator + 1) : []
      end
      private_class_method :words

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
