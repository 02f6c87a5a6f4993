# frozen_string_literal: true

module Litestream
  module Health
    # Seconds as text: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min", "3 d 4 h".
    # @api private
    module Duration
      module_function

      # @param seconds [Numeric, nil]
      # @return [String, nil] nil for nil
      def text(seconds)
        return if seconds.nil?
        return Translations.text("durations.seconds", seconds: decimal(seconds)) if seconds < 10

        minutes, rest = seconds.round.divmod(60)
        hours, minutes = minutes.divmod(60)
        days, hours = hours.divmod(24)
        return Translations.text("durations.days", days: days, hours: hours) if days.positive?
        return Translations.text("durations.hours", hours: hours, minutes: minutes) if hours.positive?
        return Translations.text("durations.minutes", minutes: minutes, seconds: rest) if minutes.positive?

        Translations.text("durations.seconds", seconds: rest)
      end

      # At most one digit after the decimal separator.
      def decimal(number)
        rounded = number.round(1)
        rounded = rounded.to_i if rounded == rounded.to_i
        rounded.to_s.sub(".", Translations.separator)
      end
    end
  end
end
