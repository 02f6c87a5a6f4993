# frozen_string_literal: true

module Litestream
  module Admin
    # A request that is answered with an HTTP status of its own.
    # @api private
    class Refusal < Error
      fails_with "bad_request", exit_status: 1

      # The statuses of failures that a retry does not cure.
      STATUSES = { ConfigurationError => 503, VerificationFailure => 422, ConflictError => 409, StoreError => 502 }.freeze
      private_constant :STATUSES

      # @return [Integer] HTTP status
      attr_reader :status

      def initialize(status, message)
        @status = status
        super(message)
      end

      # @return [Integer] the HTTP status for any Litestream::Error
      def self.status(error)
        return error.status if error.is_a?(self)
        return 503 if error.retryable?

        error.class.ancestors.filter_map { |ancestor| STATUSES[ancestor] }.first || 500
      end
    end
  end
end
