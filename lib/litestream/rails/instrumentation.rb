# frozen_string_literal: true

module Litestream
  # @api private
  # Announces an operation as `sync.litestream`, `verify.litestream`, … where ActiveSupport::Notifications is loaded.
  def self.instrument(event, payload = {}, &work)
    return work.call unless defined?(ActiveSupport::Notifications)

    ActiveSupport::Notifications.instrument("#{event}.litestream", payload) { work.call }
  end

  # @api private
  # Writes a line to the log of Rails, or to standard error without one.
  def self.log_warning(message)
    logger = ::Rails.logger if defined?(::Rails)
    logger ? logger.warn("litestream: #{message}") : Kernel.warn("litestream: #{message}")
  end

  # @api private
  # Reports a failure that no caller sees to the error reporter of Rails and to its log, where there are such.
  def self.report(error, **context)
    return unless defined?(::Rails)

    ::Rails.logger&.error("litestream: #{error.message} (#{error.class})")
    ::Rails.error.report(error, handled: true, severity: :error, context: context) if ::Rails.respond_to?(:error)
  end
end
