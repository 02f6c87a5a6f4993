# frozen_string_literal: true

module Litestream
  # The root of every failure. `code` names the failure for JSON and logs; `exit_status` is what a command ends with.
  class Error < StandardError
    class << self
      # Declares both, or reads them: a class without its own has its parent's.
      def fails_with(code, exit_status)
        @code = code.freeze
        @exit_status = exit_status
      end

      def code
        @code || superclass.code
      end

      def exit_status
        @exit_status || superclass.exit_status
      end
    end

    fails_with "error", 1

    def code
      @code || self.class.code
    end

    def exit_status
      @exit_status || self.class.exit_status
    end
  end

  # The gem `litestream` is loaded beside this one.
  class ConflictingGemError < Error
    fails_with "conflicting_gem", 1
  end

  # The extension is missing, or was compiled for another Ruby or another version.
  class NotCompiledError < Error
    fails_with "not_compiled", 1
  end

  # Neither the compiled executable nor, with `engine: litestream`, the official one.
  class ExecutableNotFoundError < Error
    fails_with "executable_not_found", 127
  end
end
