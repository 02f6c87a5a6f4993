# frozen_string_literal: true

# What Bundler requires for `gem "litestream-native"`; a name that no other gem has.
require_relative "litestream"
