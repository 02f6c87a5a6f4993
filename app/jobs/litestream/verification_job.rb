# frozen_string_literal: true

require "active_job"

module Litestream
  # Verifies one database, or every configured one: for a recurring schedule, and for Verifications.start. It must run on the
  # machine of the database and its replicator.
  class VerificationJob < ActiveJob::Base
    queue_as { Litestream.configuration.queue }

    # @param path [String, nil] of a configured database; nil: every configured database
    # @param id [String, nil] of a queued verification
    # @raise [Error] the first failure, once all have been verified
    def perform(path = nil, id = nil)
      databases = path ? [Database.find(path)] : Database.all
      failures = databases.filter_map { |database| failure(database, id) }
      raise failures.first if failures.any?
    end

    private

    def failure(database, id)
      id ? Verifications.run(database, id) : Verifications.run(database)
      nil
    rescue Error => e
      e
    end
  end
end
