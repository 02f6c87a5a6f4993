# frozen_string_literal: true

module Litestream
  VERSION = "0.1.0"
end
