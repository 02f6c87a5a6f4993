# frozen_string_literal: true

require "time"
require_relative "result"

module Litestream
  # The content of a replica at one moment, from one listing. A page may be asked for often, and a replica may have thousands of
  # files, so times are read once.
  class Inventory
    # A state that can be restored: its TXID, 16 hexadecimal digits, and its Time.
    State = Struct.new(:txid, :at, keyword_init: true)

    # @return [String] s3://bucket/path or file:///folder
    attr_reader :location

    # @return [Array<LtxFile>] by level, then TXIDs
    attr_reader :files

    # @return [Array<State>] what can be restored, oldest first
    attr_reader :states

    # @return [Array<Array(State, State)>] first and last state of each stretch without a gap
    attr_reader :runs

    # @return [Time, nil] time of the oldest file beyond the newest state that can be restored; nil where there is none
    attr_reader :unreachable_since

    # @api private
    # @param found [Hash] as the extension returns it
    def initialize(found)
      @location = found["location"]
      @files = found["files"].map { |file| LtxFile.of(file) }
      @states = found["points"].map { |point| State.new(txid: point["txid"], at: Time.iso8601(point["at"])) }
      @runs = found["generations"].filter_map { |run| run(run["start_txid"], run["end_txid"]) }
      @unreachable_since = files.select { |file| file.max_txid > newest.to_s }.map(&:created).min
    end

    # @return [String, nil] TXID of the newest state that can be restored
    def newest = states.last&.txid

    # @return [State, nil] the newest state from this time or before
    def at(time) = states.reverse_each.find { |state| state.at <= time }

    # True where the newest transactions cannot be restored.
    def unreachable? = !unreachable_since.nil?

    # Size of all files.
    def bytes = files.sum(&:bytes)

    # @api private
    def inspect = "#<#{self.class} #{location} #{files.size} files up to #{newest.inspect}>"

    private

    def run(first, last)
      inside = states.select { |state| state.txid.between?(first, last) }
      inside.minmax_by(&:at) if inside.any?
    end
  end
end
