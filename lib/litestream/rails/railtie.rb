# frozen_string_literal: true

require "rails/railtie"
require_relative "boot"
require_relative "../process/in_process"

module Litestream
  # The additions to every Rails application that has this gem in its bundle.
  class Railtie < ::Rails::Railtie
    config.litestream = ActiveSupport::OrderedOptions.new

    rake_tasks { load File.expand_path("../../tasks/litestream.rake", __dir__) }

    # After the application's own initializers, which set config.litestream.
    initializer "litestream.configuration", after: :load_config_initializers do |app|
      Boot.configure(app)
      ActiveSupport.run_load_hooks(:litestream, Litestream)
    end

    initializer "litestream.environment", after: "litestream.configuration" do
      Boot.check_environment
    end

    initializer "litestream.log" do
      require_relative "log_subscriber"
      LogSubscriber.attach_to :litestream
    end

    # The replicator's tables belong in no schema.rb. Names, since structure.sql is filtered by names only.
    initializer "litestream.schema_dumper" do
      ActiveSupport.on_load(:active_record) { ActiveRecord::SchemaDumper.ignore_tables |= %w[_litestream_seq _litestream_lock] }
    end
  end
end
