# frozen_string_literal: true

require "json"

# An example that deletes files of a replica must not see their content come back: no level is merged and no snapshot made until
# long after it.
module Merging
  NONE = { levels: [{ interval: "87600h" }], snapshot: { interval: "87600h" } }.freeze

  # For the end of a litestream.yml.
  NONE_IN_YAML = NONE.map { |key, value| "#{key}: #{JSON.generate(value)}\n" }.join.freeze
end
