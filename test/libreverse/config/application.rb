# frozen_string_literal: true

require_relative "boot"
require "rails"
require "active_job/railtie"
require "active_record/railtie"
require "action_controller/railtie"
Bundler.require(*Rails.groups)

module LibReverse
  class Application < Rails::Application
    config.load_defaults Rails::VERSION::STRING.to_f
    config.time_zone = "UTC"
  end
end
