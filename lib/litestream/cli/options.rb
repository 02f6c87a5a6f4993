# frozen_string_literal: true

require_relative "../errors"
require_relative "option_list"
require_relative "parser"

module Litestream
  module Commands
    # An option or an argument that a command does not take.
    class InvalidOption < ConfigurationError
      fails_with "usage", exit_status: 2
    end

    # The options that one call of a command was given. Flags that are on are true; what was not given is absent.
    # @api private
    class Options
      class << self
        # Options of a rake task. `--name=value`, `--name value`, `-name value` and `-o value` are all accepted.
        # @param command [Symbol]
        # @param words [Array<String>] of the command line
        # @raise [InvalidOption]
        def parse(command, words) = new(Parser.new(command).parse(words))

        # Options of a method of Commands, as on the command line ("-o" => path, "--if-replica-exists" => nil) or as keywords
        # (output: path, if_replica_exists: true).
        # @param command [Symbol]
        # @param given [Hash]
        # @raise [InvalidOption]
        def read(command, given)
          known = OptionList.of_method(command)
          new(given.to_h { |spelling, value| accept(command, known, spelling, value) }.compact)
        end

        private

        def accept(command, known, spelling, value)
          name = spelling.to_s.sub(/\A--?/, "").tr("-", "_")
          option = known.find { |candidate| name == candidate.name.to_s || name == candidate.short }
          raise InvalidOption, "unknown option #{spelling} for #{command}; known are #{known.map(&:long).join(", ")}" unless option

          [option.name, option.flag? ? flag(command, spelling, value) : text(command, spelling, value)]
        end

        # nil is the value of a flag without one, as on the command line.
        def flag(command, spelling, value)
          return true if [nil, true, "", "true", "1"].include?(value)
          return nil if [false, "false", "0"].include?(value)

          raise InvalidOption, "option #{spelling} of #{command} is a flag and takes no value (#{value.inspect} given)"
        end

        def text(command, spelling, value)
          return value unless value.nil? || value == true || value.to_s.empty?

          raise InvalidOption, "option #{spelling} of #{command} needs a value"
        end
      end

      def initialize(values)
        @values = values
      end

      # @return [Hash{Symbol => Object}] only what was given
      def to_h = @values

      def [](name) = @values[name]

      # @return [Hash{Symbol => Object}] of these options, those that were given
      def slice(*names) = @values.slice(*names)

      # @return [Float] the option as a number of seconds
      # @raise [InvalidOption]
      def seconds(name, default)
        given = @values.fetch(name, default)
        Float(given)
      rescue ::ArgumentError, TypeError
        raise InvalidOption, "#{name} must be a number of seconds, got #{given.inspect}"
      end
    end
  end
end
