# frozen_string_literal: true

module Litestream
  module Health
    # One finding of the Judge: a state, the reason for it, and the sentence that every page and every monitor prints.
    class Verdict
      # From bad to good. A state that is not known ranks below all but a failure.
      STATES = %i[failing unknown behind off safe].freeze

      attr_reader :state, :reason, :details

      # @param state [Symbol] one of STATES
      # @param reason [Symbol] names the sentence below `litestream.dashboard.verdicts`
      # @param details [Hash] values of the sentence: error (text), lag (seconds), variables (names), count, total, and
      #   first, the DatabaseReport that a verdict on several databases is about
      def initialize(state, reason, **details)
        @state = state
        @reason = reason
        @details = details
      end

      # @return [Boolean, nil] true while every commit is in the store or arrives there within the limit; nil: not known
      def ok? = state == :unknown ? nil : %i[safe behind].include?(state)

      # @return [Symbol] the colour of the state on a page
      def tone = state == :unknown ? :behind : state

      # @return [DatabaseReport, nil] the worst database, where the verdict is about several
      def first = details[:first]

      # @return [String, nil] the failure in the words of the part that failed
      def error
        details[:error] || first&.verdict&.error
      end

      # @return [String] the key of the sentence
      def key = "verdicts.#{reason}"

      # @return [String] the finding, in the language of the application
      def sentence
        Translations.text(key, variables: Array(details[:variables]).join(", "), lag: Duration.text(details[:lag]),
                               count: details[:count].to_i, total: details[:total])
      end
    end
  end
end
