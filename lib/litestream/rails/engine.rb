# frozen_string_literal: true

require "rails/engine"
require_relative "../dashboard"

module Litestream
  # The dashboard: `mount Litestream::Engine, at: "/admin/litestream/dashboard"`. Closed until something guards it; see
  # Dashboard::Access.
  class Engine < ::Rails::Engine
    isolate_namespace Litestream
    config.root = File.expand_path("../../..", __dir__)
    # The railtie loads the tasks. The engine would load them again, and every task would run twice.
    config.paths.add "lib/tasks", with: []
    # Loaded by name (see litestream.rb), so that it is there without an engine, and only where Active Job is.
    config.paths.add "app/jobs"

    # The route by which an application mounts it.
    # @return [ActionDispatch::Journey::Route, nil]
    def self.mount_route(app = ::Rails.application)
      # Rails 8 loads routes when the first request comes.
      app.reload_routes_unless_loaded if app.respond_to?(:reload_routes_unless_loaded)
      app.routes.routes.find { |route| route.app.rack_app == self }
    end

    # Where the application has no Action Controller, there is no dashboard.
    initializer "litestream.dashboard", before: :set_load_path do
      %w[app/controllers app/helpers].each { |folder| paths[folder].skip_eager_load! } unless defined?(::ActionController::Railtie)
    end
  end
end
