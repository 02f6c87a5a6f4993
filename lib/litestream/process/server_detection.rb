# frozen_string_literal: true

module Litestream
  # Detects a process that loads the application in order to serve it. Only such a process starts a replicator, and only it must
  # not boot without credentials. Console, runner, rake, generators and tests do not serve.
  # @api private
  module ServerDetection
    # @param setting [Boolean, nil] config.litestream.server: true or false where the detection below cannot know
    def self.loading?(setting = nil)
      return setting unless setting.nil?

      rails_server? || puma? || rackup?
    end

    # `rails server` loads this class before the application, other commands of Rails do not.
    def self.rails_server?
      defined?(::Rails::Server) ? true : false
    end

    # The command `puma`, which may load the application from its own configuration. A test driver uses Puma without it.
    def self.puma?
      defined?(::Puma::CLI) ? true : false
    end

    # Every Rack server evaluates config.ru, and that loads the application.
    def self.rackup?
      caller_locations.any? { |location| location.path.to_s.end_with?(".ru") }
    end

    private_class_method :rails_server?, :puma?, :rackup?
  end
end
