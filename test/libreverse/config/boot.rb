# frozen_string_literal: true

ENV["BUNDLE_GEMFILE"] ||= File.expand_path("../Gemfile", __dir__)
require "bundler/setup"
# Rails 6.1 uses Logger without requiring it, and newer concurrent-ruby no longer does so for it.
require "logger"
