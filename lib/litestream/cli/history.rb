# frozen_string_literal: true

require "time"

module Litestream
  module Commands
    # The content of a replica, in the columns that Litestream 0.3 printed.
    module History
      # A generation is a run of transactions that can be restored without a gap, named by the TXID it starts at.
      # @return [Array<Hash>] name, generation, lag (seconds), start, end
      def generations(database, **options)
        known = Options.read(:generations, options)
        wanted = find(database, "generations", known[:config])
        written_at = written_at(wanted.path)
        wanted.ranges.map do |range|
          { "name" => wanted.replica, "generation" => range.start_txid, "lag" => lag(written_at, range.end),
            **range.with_string_keys.slice("start", "end") }
        end
      end

      # @return [Array<Hash>] replica, generation, index (the TXID that it holds), size (bytes), created
      def snapshots(database, **options)
        known = Options.read(:snapshots, options)
        wanted = find(database, "snapshots", known[:config])
        ranges, snapshots = wanted.history
        snapshots.map do |file|
          { "replica" => wanted.replica, "generation" => generation_of(file, ranges), "index" => file.max_txid,
            **file.with_string_keys.slice("size", "created") }
        end
      end

      # @param options level: "all" for all levels, else one of 0 to 9; 0 without
      # @return [Array<Hash>] level, min_txid, max_txid, size (bytes), created
      def ltx(database, **options)
        known = Options.read(:ltx, options)
        find(database, "ltx", known[:config]).files(level(known[:level])).map(&:with_string_keys)
      end

      # The LTX files in the columns of Litestream 0.3.
      # @return [Array<Hash>] replica, generation, index (the TXID), offset (nil), size (bytes), created
      def wal(database, **options)
        known = Options.read(:wal, options)
        wanted = find(database, "wal", known[:config])
        ranges = wanted.ranges
        wanted.files(level(known[:level])).map do |file|
          { "replica" => wanted.replica, "generation" => generation_of(file, ranges), "index" => file.max_txid, "offset" => nil,
            **file.with_string_keys.slice("size", "created") }
        end
      end

      private

      def level(given)
        return 0 if given.nil?
        return :all if given.to_s == "all"

        Integer(given.to_s, 10).tap { |level| raise ::ArgumentError unless level.between?(0, 9) }
      rescue ::ArgumentError
        raise ConfigurationError, "level must be 0 to 9 or all, got #{given.inspect}"
      end

      # TXIDs are of equal length, so they compare as text.
      def generation_of(file, ranges)
        ranges.find { |range| file.max_txid.between?(range.start_txid, range.end_txid) }&.start_txid
      end

      # The time of the last write to the database or its WAL; nil without one. The files are not opened.
      def written_at(path)
        [path, "#{path}-wal"].filter_map { |file| File.mtime(file) if File.exist?(file) }.max
      end

      def lag(written_at, last)
        written_at && [(written_at - last).round(3), 0.0].max
      end
    end
  end
end
