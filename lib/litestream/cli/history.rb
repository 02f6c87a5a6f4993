# frozen_string_literal: true

module Litestream
  module Commands
    # What lies in a replica, in the columns that v0.3 printed.
    module History
      # name, generation, lag (seconds), start, end. A generation is a run of transactions that can be restored without a
      # gap, named by the TXID it starts at.
      def generations(database, **options)
        known = Options.new("generations", options, { config: :value })
        wanted = find(database, "generations", known[:config])
        written_at = written_at(wanted.path)
        wanted.history["generations"].map do |run|
          { "name" => wanted.replica, "generation" => run["start_txid"], "lag" => lag(written_at, run["end"]),
            "start" => run["start"], "end" => run["end"] }
        end
      end

      # replica, generation, index (the TXID it holds), size (bytes), created
      def snapshots(database, **options)
        known = Options.new("snapshots", options, { config: :value })
        wanted = find(database, "snapshots", known[:config])
        history = wanted.history
        history["snapshots"].map do |file|
          { "replica" => wanted.replica, "generation" => generation_of(file, history["generations"]),
            "index" => file["max_txid"], "size" => file["size"], "created" => file["created"] }
        end
      end

      # level, min_txid, max_txid, size (bytes), created. `level: "all"` for all levels, else one of 0 to 9.
      def ltx(database, **options)
        known = Options.new("ltx", options, { level: :value, config: :value })
        find(database, "ltx", known[:config]).files(level(known[:level]))
      end

      # The LTX files in the columns of v0.3: replica, generation, index (the TXID), offset (nil), size, created.
      def wal(database, **options)
        known = Options.new("wal", options, { config: :value })
        wanted = find(database, "wal", known[:config])
        generations = wanted.history["generations"]
        wanted.files.map do |file|
          { "replica" => wanted.replica, "generation" => generation_of(file, generations), "index" => file["max_txid"],
            "offset" => nil, "size" => file["size"], "created" => file["created"] }
        end
      end

      private

      def level(given)
        return 0 if given.nil?
        return :all if given.to_s == "all"

        Integer(given.to_s, 10).tap { |level| raise ::ArgumentError unless level.between?(0, 9) }
      rescue ::ArgumentError
        raise ConfigurationError, "level #{given.inspect} is none of 0 to 9, all"
      end

      # TXIDs are of equal length, so they compare as text.
      def generation_of(file, generations)
        run = generations.find { |candidate| file["max_txid"].between?(candidate["start_txid"], candidate["end_txid"]) }
        run && run["start_txid"]
      end

      # When the database or its WAL was last written; nil without one. The files are not opened.
      def written_at(path)
        [path, "#{path}-wal"].filter_map { |file| File.mtime(file) if File.exist?(file) }.max
      end

      def lag(written_at, last)
        written_at && [(written_at - Time.iso8601(last)).round(3), 0.0].max
      end
    end
  end
end
