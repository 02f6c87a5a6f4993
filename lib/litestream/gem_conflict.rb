# frozen_string_literal: true

# The gem `litestream` defines the same module and the same `require "litestream"`: the order of the load
# path would decide which of the two wins.
if defined?(Gem) && Gem.loaded_specs.key?("litestream")
  raise Litestream::ConflictingGemError, "the gems litestream and litestream-native are both loaded, and both are " \
                                         "`Litestream`: remove `gem \"litestream\"` from the Gemfile; litestream-native reads the same " \
                                         "configuration and the same replicas"
end
