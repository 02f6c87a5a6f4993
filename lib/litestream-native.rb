# frozen_string_literal: true

# Bundler requires this file for `gem "litestream-native"`: no other gem has one of that name.
require_relative "litestream"
