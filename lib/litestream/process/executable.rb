# frozen_string_literal: true

require "rbconfig"
require_relative "../errors"

module Litestream
  # The compiled `litestream` executable.
  # @api private
  module Executable
    NATIVE = File.expand_path("../litestream#{RbConfig::CONFIG["EXEEXT"]}", __dir__).freeze

    # @return [String] its path
    # @raise [ExecutableNotFoundError] where the gem was not compiled
    def self.native
      return NATIVE if File.executable?(NATIVE)

      raise ExecutableNotFoundError, "the litestream executable is not at #{NATIVE}: run `bundle exec rake compile` in a " \
                                     "checkout, `gem pristine litestream-native` otherwise"
    end
  end
end
