# frozen_string_literal: true

require "rbconfig"
require_relative "../errors"

module Litestream
  # Where the compiled `litestream` executable lies.
  module Executable
    NATIVE = File.expand_path("../litestream#{RbConfig::CONFIG["EXEEXT"]}", __dir__).freeze

    # Raises ExecutableNotFoundError when the gem was not compiled.
    def self.native
      return NATIVE if File.executable?(NATIVE)

      raise ExecutableNotFoundError, "the litestream executable is not at #{NATIVE}: run `bundle exec rake compile` in a " \
                                     "checkout, `gem pristine litestream-native` otherwise"
    end
  end
end
