# frozen_string_literal: true

require "open3"

module Harness
  # The official executable, as bin/official finds it.
  module OfficialLitestream
    # Its path, or nil where it can't be had.
    def self.path(version)
      out, status = Open3.capture2(File.expand_path("../../bin/official", __dir__), version)
      out.strip if status.success?
    end
  end
end
