# frozen_string_literal: true

require "time"

module Litestream
  module Dashboard
    # What of a replica can be restored, as a picture: positions from 0 to WIDTH along the time from the first state that can be
    # restored, or the begin of the window, to now. Nothing of it grows with the number of files.
    class Timeline
      WIDTH = 1000
      # Marks that can be pointed at; each is the newest state of its stretch.
      MARKS = 48
      # Bars that would touch are one.
      HAIR = 2.0
      WINDOWS = { "hour" => 3600, "day" => 24 * 3600, "week" => 7 * 24 * 3600 }.freeze
      SNAPSHOT = 9

      Bar = Struct.new(:from, :to, keyword_init: true) do
        def width = [to - from, HAIR].max.round(1)
      end
      Mark = Struct.new(:x, :txid, :at, keyword_init: true)
      Lane = Struct.new(:level, :bars, :files, :bytes, keyword_init: true)
      Tick = Struct.new(:x, :at, keyword_init: true)

      attr_reader :from, :to

      # `inventory`: as Database#inventory returns it. `window`: one of WINDOWS, or nil for all.
      def initialize(inventory, now: Time.now, window: nil)
        @inventory = inventory
        @points = inventory["points"].map { |point| Mark.new(txid: point["txid"], at: Time.iso8601(point["at"])) }
        @to = [now, *@points.last(1).map(&:at)].max
        @from = WINDOWS.key?(window) ? @to - WINDOWS[window] : first
      end

      def empty? = @points.empty?

      # How many states can be restored.
      def states = @points.size

      def oldest = @points.first

      def newest = @points.last

      # The newest state from this time or before.
      def at(time) = @points.reverse.find { |point| point.at <= time }

      # Stretches in which every transaction can be restored, or compaction has merged it with its neighbours.
      def runs
        spans.filter_map { |first, last| bar(first.at, last.at) }
      end

      # Between runs, and after the last where later files are out of reach.
      def gaps
        between = spans.each_cons(2).filter_map { |(_, before), (after, _)| bar(before.at, after.at) }
        unreachable? ? [*between, bar(newest.at, to)].compact : between
      end

      # Whether the newest transactions cannot be restored.
      def unreachable?
        newest_file = @inventory["files"].map { |file| file["max_txid"] }.max
        !newest_file.nil? && newest_file > @points.last&.txid.to_s
      end

      # Newest of each stretch, oldest first.
      def marks
        visible = @points.select { |point| point.at.between?(from, to) }
        stretches = visible.group_by { |point| (place(point.at) * MARKS / WIDTH).floor }
        stretches.values.map { |stretch| stretch.last.dup.tap { |mark| mark.x = place(mark.at) } }
      end

      # From the snapshots down to level 0, those that have files.
      def lanes
        by_level = @inventory["files"].group_by { |file| file["level"] }
        by_level.sort.reverse.map do |level, files|
          Lane.new(level: level, bars: bars(files, level), files: files.size, bytes: files.sum { |file| file["size"] })
        end
      end

      def bytes = @inventory["files"].sum { |file| file["size"] }

      # A handful, at round times.
      def ticks(count = 5)
        Array.new(count + 1) { |index| from + ((to - from) * index / count) }.map { |at| Tick.new(x: place(at), at: at) }
      end

      private

      # First and last state of each run.
      def spans
        @spans ||= @inventory["generations"].filter_map do |run|
          inside = @points.select { |point| point.txid.between?(run["start_txid"], run["end_txid"]) }
          inside.minmax_by(&:at) if inside.any?
        end
      end

      # A young replica gets some room, so that its first marks do not stand on one spot.
      def first
        [@points.first&.at, to - 60].compact.min
      end

      def place(time)
        ((time - from) * WIDTH / (to - from)).clamp(0, WIDTH).round(1)
      end

      # Nil outside of the window.
      def bar(start, finish)
        Bar.new(from: place(start), to: place(finish)) unless finish < from || start > to
      end

      # A file's transactions began when those before it ended; a snapshot is of one moment.
      def bars(files, level)
        bars = files.sort_by { |file| file["max_txid"] }.filter_map do |file|
          finish = Time.iso8601(file["created"])
          instant = level == SNAPSHOT || level.zero?
          bar(instant ? finish : [began(file), finish].min, finish)
        end
        level == SNAPSHOT ? bars : merge(bars)
      end

      # When the state before the file was reached.
      def began(file)
        index = @points.bsearch_index { |point| point.txid >= file["min_txid"] } || @points.size
        @points[[index - 1, 0].max].at
      end

      def merge(spans)
        spans.each_with_object([]) do |span, merged|
          last = merged.last
          if last && span.from - last.to < HAIR && last.to - last.from < HAIR * 4
            last.to = [last.to, span.to].max
          else
            merged << span.dup
          end
        end
      end
    end
  end
end
