# frozen_string_literal: true

require "digest"
require "securerandom"
require_relative "background/pool"
require_relative "verifications/report"
require_relative "verifications/slot"

module Litestream
  # Verifications in the background, so that no request waits for one, and their outcomes. Their state lies in files beside the
  # stage, so every process of this machine sees it. One at most is queued or running for a database.
  module Verifications
    # Adapters of Active Job that run jobs in the process that enqueues them, as a thread of ours does.
    IN_PROCESS = %w[async inline test].freeze
    # Seconds until the store has acknowledged the last commits.
    TIMEOUT = 30
    # The most verifications at once in one process.
    THREADS = 2
    private_constant :IN_PROCESS, :TIMEOUT, :THREADS

    class << self
      # Starts a verification, or joins the one that is under way: as a VerificationJob where Active Job has an adapter that runs
      # jobs elsewhere, else in a thread of this process.
      # @param database [Database]
      # @return [String] its id
      # @raise [ConflictError] where another one is just beginning
      # @raise [OperationFailed] where the job could not be queued
      def start(database)
        slot = Slot.new(database.meta_path)
        id = new_id(database)
        return id if job? ? enqueue(slot, database, id) : spawn(slot, database, id)

        slot.state&.id or raise ConflictError, "another verification of #{database.path} is beginning; try again"
      end

      # Verifies in this thread.
      # @return [Proof, nil] nil where another verification is under way
      # @raise [VerificationFailure] as Database#verify! does
      def run(database, id = new_id(database))
        slot = Slot.new(database.meta_path)
        return unless slot.take(id)

        begin
          verify(database, id)
        ensure
          slot.release
        end
      end

      # @return [Report, nil]
      def find(id)
        database = Database.all.find { |known| id.to_s.start_with?("#{key(known)}-") }
        database && reports(database).find { |report| report.id == id }
      end

      # @return [Array<Report>] all that are kept, newest first, beginning with one that is under way
      def all(database) = reports(database)

      # @return [Array<Report>] the newest, newest first
      def recent(database, limit: 20) = all(database).first(limit)

      private

      def job? = defined?(::ActiveJob) && !IN_PROCESS.include?(VerificationJob.queue_adapter_name)

      def enqueue(slot, database, id)
        slot.queue(id) && hand_over(database.path, id)
      rescue Error
        slot.forget(id)
        raise
      end

      # A queue fails with exceptions of its own. A callback of the application may decline without any.
      def hand_over(path, id)
        declined = nil
        # With the block from Rails 7.0 on.
        VerificationJob.perform_later(path, id) { |job| declined = job.enqueue_error } or raise(declined || "the application declined it")
      rescue Error
        raise
      rescue StandardError => e
        raise OperationFailed, "the verification of #{path} could not be queued: #{e.message}"
      end

      def spawn(slot, database, id)
        slot.take(id) && pool.post_within_application do
          verify(database, id)
        rescue Error
          nil # reported, and in the journal
        ensure
          slot.release
        end
      end

      def pool = @pool ||= Background::Pool.new(threads: THREADS, name: "litestream verification")

      def verify(database, id)
        database.verify!(timeout: TIMEOUT, id: id)
      rescue Error => e
        Litestream.report(e, database: database.path)
        raise
      end

      # The run is read before the journal: a run enters the journal before its lock is free.
      def reports(database)
        state = Slot.new(database.meta_path).state
        entries = database.verifications
        return entries if state.nil? || entries.any? { |report| report.id == state.id }

        [Report.of_state(database.path, state), *entries]
      end

      def new_id(database) = "#{key(database)}-#{SecureRandom.hex(8)}"

      # Names the database in an id.
      def key(database) = Digest::SHA256.hexdigest(database.path)[0, 12]
    end
  end
end
