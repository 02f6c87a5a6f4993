# frozen_string_literal: true

module Litestream
  module Health
    # Whether the data is safe, and why, in one sentence. `reason` names the sentence among the texts.
    class Verdict
      # From bad to good.
      STATES = %i[failing unknown behind off safe].freeze

      # Seconds of lag beyond the sync interval from which on a database is behind.
      BEHIND = 10
      # Seconds of lag after which a failing upload is no passing trouble, whatever the sync interval: it is repeated sooner.
      FAILING = 60

      class << self
        # Of one DatabaseReport.
        def of(report)
          off = report.observation.off
          return new(:off, off, variables: report.observation.missing_variables) if off
          return by_silence(report) unless report.observation.telemetry.running?

          report.replicating? ? by_answer(report) : new(:failing, :not_replicated)
        end

        # Of all databases together: that of the worst.
        def of_all(observation)
          return misconfigured(observation) if observation.problem
          return new(:off, :no_databases) if observation.reports.empty?

          by_state = observation.reports.group_by { |report| report.verdict.state }
          state = STATES.find { |candidate| by_state.key?(candidate) }
          of_these(state, by_state.fetch(state), observation.reports.size)
        end

        private

        # Without the variables litestream.yml cannot be expanded, which is no fault where nothing is to be replicated.
        def misconfigured(observation)
          return new(:failing, :misconfigured, error: observation.problem.message) unless observation.off == :missing_variables

          new(:off, :missing_variables, variables: observation.missing_variables)
        end

        # Nobody is to be asked, nobody is there, or somebody is who does not answer.
        def by_silence(report)
          case (problem = report.observation.telemetry.problem)
          when Telemetry::SwitchedOff then by_replica(report) || new(:unknown, :not_askable)
          when nil, NotRunningError then new(:failing, :not_running, error: problem&.message)
          else new(:failing, :no_answer, error: problem.message)
          end
        end

        def by_answer(report)
          by_phase(report) || by_error(report) || by_replica(report) || by_lag(report) || by_listing(report) ||
            new(:safe, report.captured || report.official? ? :safe : :nothing_yet)
        end

        def by_phase(report)
          case report.phase
          when "stopped" then new(:failing, :stopped, error: report.upload_error || report.capture_error)
          when "no_database" then new(:off, :no_database)
          when "starting"
            report.upload_error ? new(:failing, :cannot_begin, error: report.upload_error) : new(:behind, :starting)
          end
        end

        def by_error(report)
          return new(:failing, :capture_failing, error: report.capture_error) if report.capture_error
          return unless report.upload_error

          new(report.lag < FAILING ? :behind : :failing, :upload_failing, error: report.upload_error, lag: report.lag)
        end

        # What lies in the store counts for more than that something gets there.
        def by_replica(report)
          return new(:failing, :gap) if report.listing.inventory&.unreachable?
          return new(:failing, report.replicated ? :lost : :all_lost) if report.lost?
          return unless report.verified&.state == "failed"

          new(:failing, :verification_failed, error: report.verified.message)
        end

        def by_lag(report)
          return if report.overdue < BEHIND
          return by_last_sync(report) if report.official?

          new(:behind, :behind, lag: report.lag, count: report.waiting)
        end

        # Nobody vouches for what the store had once but the store.
        def by_listing(report)
          return new(:unknown, :unlisted, error: report.listing.error.message) if report.listing.error

          new(:unknown, :listing) if report.listing.awaited
        end

        # Official Litestream does not tell why a sync fails, nor that it does.
        def by_last_sync(report)
          new(report.overdue < FAILING ? :behind : :failing, :not_synced, lag: report.lag)
        end

        def of_these(state, reports, total)
          alike = reports.size == total && reports.map { |report| report.verdict.reason }.uniq.one? && state != :safe
          return reports.first.verdict if total == 1 || alike
          return new(:safe, :all_safe, total: total) if state == :safe

          new(state, :some, first: reports.first, count: reports.size, total: total)
        end
      end

      attr_reader :state, :reason, :details

      # `details`: what the sentence needs: error, lag, variables, …; `first`: a DatabaseReport that it is about.
      def initialize(state, reason, **details)
        @state = state
        @reason = reason
        @details = details
      end

      # As what it looks.
      def tone = state == :unknown ? :behind : state

      # What went wrong, in the words of whoever failed.
      def error
        details[:error] || details[:first]&.verdict&.error
      end
    end
  end
end
