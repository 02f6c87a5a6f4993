# frozen_string_literal: true

require "json"

# Where an example takes files out of a replica, or others away from them, nothing may bring their content back just then:
# no level is merged and no snapshot made until long after the example, whatever the clock says.
module Merging
  NONE = { levels: [{ interval: "87600h" }], snapshot: { interval: "87600h" } }.freeze

  # For the end of a litestream.yml.
  NONE_IN_YAML = NONE.map { |key, value| "#{key}: #{JSON.generate(value)}\n" }.join.freeze
end
