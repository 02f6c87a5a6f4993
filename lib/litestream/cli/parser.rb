# frozen_string_literal: true

require "optparse"
require_relative "option_list"

module Litestream
  module Commands
    # The command line of one rake task.
    # @api private
    class Parser
      def initialize(command)
        @command = command
        @known = OptionList.of_task(command)
        @values = {}
      end

      # @return [Hash{Symbol => Object}]
      def parse(words)
        rest = parser.parse(plain(words))
        raise InvalidOption, "unexpected argument #{rest.first.inspect}: options look like --database=PATH" if rest.any?

        @values
      rescue OptionParser::MissingArgument => e
        raise InvalidOption, "#{e.args.first} needs a value"
      end

      private

      def parser
        OptionParser.new("Usage: rails litestream:#{@command} -- [options]") do |parser|
          @known.each { |option| define(parser, option) }
          parser.on("--help", "Print this help") do
            puts parser.help
            exit
          end
        end
      end

      def define(parser, option)
        spelling = option.flag? ? option.long : "#{option.long}=#{option.argument}"
        parser.on(spelling, option.text) do |value|
          raise OptionParser::MissingArgument, option.long if value == ""

          @values[option.name] = value
        end
      end

      # `--name=value`, `-name value`, `-o value` as `--name value`, since official Litestream takes its flags with one dash, as Go
      # programs do. A value is left as it is, also where it looks like an option.
      def plain(words)
        words = words.dup
        plain = []
        plain.concat(plain_option(words.shift, words)) until words.empty?
        plain
      end

      def plain_option(word, rest)
        name, value = word.match(/\A--?([a-z][a-z-]*)(?:=(.*))?\z/m)&.captures
        return [word] unless name

        return ["--help"] if %w[help h].include?(name)

        option = @known.find { |known| [known.long, "--#{known.short}"].include?("--#{name}") } or raise InvalidOption, unknown(name)
        return [option.long, *(value || rest.shift)] unless option.flag?
        raise InvalidOption, "#{option.long} takes no value" if value

        [option.long]
      end

      # Without the value, which may be a secret by mistake. OptionParser would complete abbreviations.
      def unknown(name)
        "unknown option #{name.length == 1 ? "-" : "--"}#{name}: known are #{@known.map(&:long).join(", ")}"
      end
    end
  end
end
