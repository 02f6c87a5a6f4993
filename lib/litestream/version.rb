# frozen_string_literal: true

module Litestream
  # Version of the gem, its extension and its executable.
  VERSION = "0.1.0"
end
