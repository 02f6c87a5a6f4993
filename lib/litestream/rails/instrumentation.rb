# frozen_string_literal: true

module Litestream
  # Announces what is done as `sync.litestream`, `verify.litestream`, … where ActiveSupport::Notifications is loaded.
  def self.instrument(event, payload = {}, &work)
    return work.call unless defined?(ActiveSupport::Notifications)

    ActiveSupport::Notifications.instrument("#{event}.litestream", payload) { work.call }
  end

  # A failure that nobody up the stack will hear of: to the error reporter of Rails and to its log, where there are such.
  def self.report(error, **context)
    return unless defined?(::Rails)

    ::Rails.logger&.error("litestream: #{error.message} (#{error.class})")
    ::Rails.error.report(error, handled: true, severity: :error, context: context) if ::Rails.respond_to?(:error)
  end
end
