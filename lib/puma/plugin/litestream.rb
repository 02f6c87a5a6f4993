# frozen_string_literal: true

require "puma/plugin"
require "active_support"
require "active_support/lazy_load_hooks"
require "litestream/process/in_process"

# `plugin :litestream` in config/puma.rb does what config/initializers/litestream_in_process.rb does. It needs no hook of Puma:
# whichever process loads the application starts the replicator or stands by.
Puma::Plugin.create do
  def config(_)
    Litestream.start_in_process
  end
end
