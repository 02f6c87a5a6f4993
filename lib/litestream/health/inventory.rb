# frozen_string_literal: true

require "time"

module Litestream
  module Health
    # What lies in a replica, read once from the hash of Database#inventory: a page may be asked for often, and a replica may
    # have thousands of files.
    class Inventory
      StoredFile = Struct.new(:level, :min_txid, :max_txid, :bytes, :at, keyword_init: true)
      State = Struct.new(:txid, :at, keyword_init: true)

      # Where the replica is.
      attr_reader :location

      # By level, then TXIDs.
      attr_reader :files

      # What can be restored, oldest first.
      attr_reader :states

      # First and last state of each stretch without a gap.
      attr_reader :runs

      # When the oldest file was written of which no state can be restored, behind the newest that can; nil where there is none.
      attr_reader :unreachable_since

      def initialize(found)
        @location = found["location"]
        @files = found["files"].map { |file| stored_file(file) }
        @states = found["points"].map { |point| State.new(txid: point["txid"], at: Time.iso8601(point["at"])) }
        @runs = found["generations"].filter_map { |run| run(run["start_txid"], run["end_txid"]) }
        @unreachable_since = files.select { |file| file.max_txid > newest.to_s }.map(&:at).min
      end

      # The TXID of the newest state that can be restored, or nil.
      def newest = states.last&.txid

      # Whether the newest transactions cannot be restored.
      def unreachable? = unreachable_since ? true : false

      def bytes = files.sum(&:bytes)

      private

      def stored_file(file)
        StoredFile.new(level: file["level"], min_txid: file["min_txid"], max_txid: file["max_txid"], bytes: file["size"],
                       at: Time.iso8601(file["created"]))
      end

      def run(first, last)
        inside = states.select { |state| state.txid.between?(first, last) }
        inside.minmax_by(&:at) if inside.any?
      end
    end
  end
end
