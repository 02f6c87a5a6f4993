# frozen_string_literal: true

module Litestream
  module Dashboard
    # The lag over the last hour as a line: points in a box of WIDTH × HEIGHT, newest at the right edge.
    # @api private
    class LagChart
      WIDTH = 600
      HEIGHT = 120
      HOUR = 3600.0
      # The scales in seconds, so that a quiet hour does not look like a mountain.
      SCALES = [5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600].freeze

      # @param samples [Array<Float>] seconds, oldest first, one each `interval` seconds
      def initialize(samples, interval:)
        @samples = samples
        @interval = interval
      end

      # The value of the upper edge, in seconds.
      def scale
        @scale ||= SCALES.find { |scale| scale >= highest } || highest.ceil
      end

      def highest = @samples.max || 0

      # x,y pairs as SVG's polyline takes them.
      def line
        points.map { |x, y| "#{x},#{y}" }.join(" ")
      end

      # The line, closed along the lower edge.
      def area
        return "" if points.empty?

        "#{points.first[0]},#{HEIGHT} #{line} #{points.last[0]},#{HEIGHT}"
      end

      # The y of a lag in seconds.
      def height_of(seconds)
        (HEIGHT - ([seconds, scale].min * HEIGHT / scale.to_f)).round(1)
      end

      private

      def points
        @points ||= @samples.each_with_index.map do |seconds, index|
          age = (@samples.size - 1 - index) * @interval
          [(WIDTH - (age * WIDTH / HOUR)).round(1), height_of(seconds)]
        end
      end
    end
  end
end
