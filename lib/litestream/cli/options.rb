# frozen_string_literal: true

module Litestream
  module Commands
    # Options of one command, spelled as on the command line ("-o" => path, "--if-replica-exists" => nil) or as Ruby
    # keywords (output: path, if_replica_exists: true).
    class Options
      ALIASES = { o: :output }.freeze
      private_constant :ALIASES

      # `allowed` names each option and says :flag or :value.
      def initialize(command, given, allowed)
        @command = command
        @allowed = allowed
        @values = given.to_h { |name, value| accept(name, value) }.compact
      end

      # Only what was given; flags that are on are true, others are absent.
      def to_h
        @values
      end

      def [](name)
        @values[name]
      end

      private

      def accept(spelling, value)
        name = spelling.to_s.sub(/\A--?/, "").tr("-", "_").to_sym
        name = ALIASES.fetch(name, name)
        case @allowed[name]
        when :flag then [name, flag(spelling, value)]
        when :value then [name, value(spelling, value)]
        else raise ConfigurationError, "unknown option #{spelling} for #{@command}; known are #{known}"
        end
      end

      # `nil` is how a flag without a value arrives from the command line.
      def flag(spelling, value)
        return true if [nil, true, "", "true", "1"].include?(value)
        return nil if [false, "false", "0"].include?(value)

        raise ConfigurationError, "option #{spelling} of #{@command} is a flag and takes no value (#{value.inspect} given)"
      end

      def value(spelling, value)
        return value unless value.nil? || value == true || value.to_s.empty?

        raise ConfigurationError, "option #{spelling} of #{@command} needs a value"
      end

      def known
        @allowed.keys.map { |name| "--#{name.to_s.tr("_", "-")}" }.join(", ")
      end
    end
  end
end
