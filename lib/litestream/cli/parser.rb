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
      rescue OptionParser::ParseError => e
        raise InvalidOption, "unknown option #{e.args.first}: known are #{@known.map(&:long).join(", ")}"
      end

      private

      def parser
        OptionParser.new("Usage: rails litestream:#{@command} -- [options]") do |parser|
          parser.require_exact = true
          parser.version = VERSION
          @known.each { |option| define(parser, option) }
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

        option = @known.find { |known| [known.long, "--#{known.short}"].include?("--#{name}") } or return ["--#{name}"]
        return [option.long, *(value || rest.shift)] unless option.flag?
        raise InvalidOption, "#{option.long} takes no value" if value

        [option.long]
      end
    end
  end
end
