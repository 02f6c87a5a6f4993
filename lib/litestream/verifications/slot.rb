# frozen_string_literal: true

require "time"
require_relative "../background/run"

module Litestream
  module Verifications
    # The one verification of a database that may be queued or running on this machine.
    # @api private
    class Slot
      # `name`: "queued", "running" or "lost"; `since`: a Time. A verification that has ended is "lost" too, unless the journal
      # has it.
      State = Struct.new(:id, :name, :since, keyword_init: true)

      # Seconds that a job may wait in its queue before another verification takes its place.
      QUEUE_TIMEOUT = 15 * 60
      private_constant :QUEUE_TIMEOUT

      # @param folder [String] of the database's local state
      def initialize(folder)
        @run = Background::Run.new(File.join(folder, "verification.json"))
      end

      # Begins the verification with this id, queued before or not; to be released at its end.
      # @return [Boolean] false where another one is queued or running
      def take(id) = claim(id, "running")

      # Ends it.
      def release = @run.release

      # Announces a verification that another process is to begin.
      # @return [Boolean] as #take
      def queue(id)
        claim(id, "queued").tap { |claimed| release if claimed }
      end

      # Withdraws a queued verification that will never run.
      def forget(id)
        @run.forget if state&.id == id
      end

      # @return [State, nil] nil where there never was one
      # @raise [FileError]
      def state
        found = @run.state
        return if found.fields.empty?

        State.new(id: found.fields["id"], since: Time.iso8601(found.fields["since"]), name: name(found))
      end

      private

      def claim(id, name)
        @run.claim do |known|
          next if queued?(known) && known["id"] != id

          { "id" => id, "name" => name, "since" => Time.now.utc.iso8601(3) }
        end
      end

      def queued?(fields) = fields["name"] == "queued" && Time.now - Time.iso8601(fields["since"]) < QUEUE_TIMEOUT

      def name(found)
        return queued?(found.fields) ? "queued" : "lost" if found.fields["name"] == "queued"

        found.under_way ? "running" : "lost"
      end
    end
  end
end
