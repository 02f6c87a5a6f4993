# frozen_string_literal: true

module Litestream
  module Dashboard
    # Geometry of the restore timeline: maps states, gaps and levels to x positions from 0 to WIDTH. The left edge is the first state
    # that can be restored, or the begin of the window; the right edge is now. Nothing of it grows with the number of files.
    # @api private
    class Timeline
      WIDTH = 1000
      # Marks that can be pointed at; each is the newest state of its stretch.
      MARKS = 48
      # Bars that would touch are one.
      HAIR = 2.0
      WINDOWS = { "hour" => 3600, "day" => 24 * 3600, "week" => 7 * 24 * 3600 }.freeze
      # Parts of the grid for each, so that a part is a round time.
      PARTS = { "hour" => 6, "day" => 6, "week" => 7 }.freeze
      SNAPSHOT = 9
      private_constant :PARTS

      Bar = Struct.new(:from, :to, keyword_init: true) do
        def width = [to - from, HAIR].max.round(1)
      end
      Mark = Struct.new(:x, :txid, :at, keyword_init: true)
      Lane = Struct.new(:level, :bars, :files, :bytes, keyword_init: true)
      Tick = Struct.new(:x, :at, keyword_init: true)

      attr_reader :from, :to

      # @param inventory [Inventory]
      # @param window [String, nil] one of WINDOWS, or nil for all
      def initialize(inventory, now: Time.now, window: nil)
        @inventory = inventory
        @parts = PARTS.fetch(window, 5)
        @to = [now, newest&.at].compact.max
        @from = WINDOWS.key?(window) ? @to - WINDOWS[window] : first
      end

      def empty? = states.empty?

      # The states that can be restored, oldest first.
      def states = @inventory.states

      def oldest = states.first

      def newest = states.last

      # Stretches in which every transaction can be restored, or compaction has merged it with its neighbours.
      def runs
        @inventory.runs.filter_map { |first, last| bar(first.at, last.at) }
      end

      # Between runs, and after the last where later files are out of reach.
      def gaps
        between = @inventory.runs.each_cons(2).filter_map { |(_, before), (after, _)| bar(before.at, after.at) }
        @inventory.unreachable? && newest ? [*between, bar(newest.at, to)].compact : between
      end

      # Newest of each stretch, oldest first.
      def marks
        visible = states.select { |state| state.at.between?(from, to) }
        stretches = visible.group_by { |state| (place(state.at) * MARKS / WIDTH).floor }
        stretches.values.map(&:last).map { |state| Mark.new(x: place(state.at), txid: state.txid, at: state.at) }
      end

      # From the snapshots down to level 0, those that have files.
      def lanes
        @inventory.files.group_by(&:level).sort.reverse.map do |level, files|
          Lane.new(level: level, bars: bars(files, level), files: files.size, bytes: files.sum(&:bytes))
        end
      end

      # True where there is nothing to draw: everything lies before the window.
      def quiet? = marks.empty? && gaps.empty? && lanes.all? { |lane| lane.bars.empty? }

      # The grid, evenly.
      def ticks
        Array.new(@parts + 1) { |index| from + ((to - from) * index / @parts) }.map { |at| Tick.new(x: place(at), at: at) }
      end

      private

      # A young replica gets at least a minute, so that its first marks do not coincide.
      def first
        [oldest&.at, to - 60].compact.min
      end

      def place(time)
        ((time - from) * WIDTH / (to - from)).clamp(0, WIDTH).round(1)
      end

      # nil outside of the window.
      def bar(start, finish)
        Bar.new(from: place(start), to: place(finish)) unless finish < from || start > to
      end

      # A file's first transaction follows the last of the file before it. A snapshot and a file of level 0 are of one moment.
      def bars(files, level)
        instant = level == SNAPSHOT || level.zero?
        bars = files.sort_by(&:max_txid).filter_map { |file| bar(instant ? file.created : [began(file), file.created].min, file.created) }
        level == SNAPSHOT ? bars : merge(bars)
      end

      # Time of the state before the file.
      def began(file)
        index = states.bsearch_index { |state| state.txid >= file.min_txid } || states.size
        index.zero? ? file.created : states[index - 1].at
      end

      def merge(bars)
        bars.each_with_object([]) do |bar, merged|
          last = merged.last
          if last && bar.from - last.to < HAIR && last.to - last.from < HAIR * 4
            last.to = [last.to, bar.to].max
          else
            merged << bar
          end
        end
      end
    end
  end
end
