# frozen_string_literal: true

module Litestream
  # Announces what is done as `sync.litestream`, `verify.litestream`, … where ActiveSupport::Notifications is loaded.
  def self.instrument(event, payload = {}, &work)
    return work.call unless defined?(ActiveSupport::Notifications)

    ActiveSupport::Notifications.instrument("#{event}.litestream", payload) { work.call }
  end
end
