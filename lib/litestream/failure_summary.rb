# frozen_string_literal: true

module Litestream
  # A failure of code in one of the application's files, named without its message: that may repeat a value, and so a
  # secret. NoMethodError shows its receiver, KeyError a hash, SyntaxError the line.
  # @api private
  class FailureSummary
    # `file`: its absolute path.
    def initialize(error, file, source = File.read(file))
      @error = error
      @file = file
      @source = source
    end

    # "NoMethodError (strpp)": the class, and the name that was looked up.
    def to_s
      [@error.class, detail&.then { |text| "(#{text})" }].compact.join(" ")
    end

    # The line of the file that failed; nil if that is unknown.
    def line
      return @error.message[/\A#{Regexp.escape(@file)}:(\d+):/, 1]&.to_i if @error.is_a?(SyntaxError)

      @error.backtrace_locations&.find { |location| location.path == @file }&.lineno
    end

    private

    def detail
      case @error
      when NameError then written(@error.name)
      when KeyError then written(@error.key)&.then { |name| "ENV has no #{name}" } if of_environment?
      end
    end

    # A name that the file itself does not have may be a value that was computed.
    def written(name)
      name if @source.include?(name.to_s)
    end

    def of_environment?
      @error.receiver.equal?(ENV)
    rescue ::ArgumentError
      false
    end
  end
end
