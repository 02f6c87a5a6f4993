# frozen_string_literal: true

module Litestream
  module Health
    # The rules by which a database counts as safe, behind, failing, off or not known. No other place decides this.
    # @api private
    module Judge
      # Seconds of lag beyond the sync interval after which a database is behind.
      BEHIND = 10
      # Seconds of lag beyond the sync interval after which a database is failing.
      FAILING = 60

      class << self
        # @param report [DatabaseReport]
        # @return [Verdict]
        def database(report)
          overview = report.overview
          return verdict(:off, overview.off, variables: overview.missing_variables) if overview.off
          return without_answer(report) unless overview.telemetry.running?

          report.replicating? ? with_answer(report) : verdict(:failing, :not_replicated)
        end

        # The verdict on the worst database, or one that counts the databases in that state.
        # @param overview [Overview]
        # @return [Verdict]
        def all(overview)
          return unreadable_configuration(overview) if overview.problem
          return verdict(:off, :no_databases) if overview.reports.empty?

          by_state = overview.reports.group_by { |report| report.verdict.state }
          state = Verdict::STATES.find { |candidate| by_state.key?(candidate) }
          of_group(state, by_state.fetch(state), overview.reports.size)
        end

        private

        def verdict(...) = Verdict.new(...)

        # Without its variables litestream.yml cannot be expanded, which is no failure where nothing is to be replicated.
        def unreadable_configuration(overview)
          off = overview.off
          return verdict(:failing, :misconfigured, error: overview.problem.message) unless off

          verdict(:off, off, variables: overview.missing_variables)
        end

        # The control socket is disabled, no replicator runs, or one runs and does not answer.
        def without_answer(report)
          case (problem = report.overview.telemetry.problem)
          when Status::SwitchedOff then by_replica(report) || verdict(:unknown, :not_askable)
          when nil, NotRunningError then verdict(:failing, :not_running, error: problem&.message)
          else verdict(:failing, :no_answer, error: problem.message)
          end
        end

        # The first rule that applies. The store's content counts for more than the progress of uploads.
        def with_answer(report)
          by_phase(report) || by_error(report) || by_replica(report) || by_lag(report) || by_gaps_of_knowledge(report) ||
            verdict(:safe, report.captured || report.official? ? :safe : :nothing_yet)
        end

        def by_phase(report)
          case report.phase
          when "replicating" then nil
          when "starting" then by_start(report)
          when "no_database" then verdict(:off, :no_database)
          when "stopped" then verdict(:failing, :stopped, error: report.error)
          when "failed" then verdict(:failing, :task_failed, error: report.task_error || report.error)
          else verdict(:unknown, :unknown_phase, error: report.phase)
          end
        end

        # Commits wait for the start, so one that takes longer than the limit is a failure.
        def by_start(report)
          return verdict(:failing, :cannot_begin, error: report.upload_error) if report.upload_error
          return by_error(report) if report.capture_error

          overdue = report.overdue
          overdue && overdue >= FAILING ? verdict(:failing, :start_overdue, lag: report.lag) : verdict(:behind, :starting)
        end

        def by_error(report)
          return verdict(:failing, :maintenance_failed, error: report.task_error) if report.task_error
          return verdict(:failing, :capture_failing, error: report.capture_error) if report.capture_error
          return unless report.upload_error

          # A failed upload is repeated sooner than the sync interval.
          within = report.lag && report.lag < FAILING
          verdict(within ? :behind : :failing, :upload_failing, error: report.upload_error, lag: report.lag.to_f)
        end

        def by_replica(report)
          return verdict(:failing, :gap) if report.listing.inventory&.unreachable?
          return verdict(:failing, report.replicated ? :lost : :all_lost) if report.lost?
          return unless report.verified&.state == "failed"

          verdict(:failing, :verification_failed, error: report.verified.message)
        end

        def by_lag(report)
          overdue = report.overdue
          return verdict(:unknown, :lag_unknown) if overdue.nil?
          return if overdue < BEHIND

          # Official Litestream reports neither that a sync fails nor why.
          verdict(overdue < FAILING ? :behind : :failing, report.official? ? :not_synced : :behind, lag: report.lag)
        end

        # The replica may have lost files since they were uploaded, and the last verification may have failed.
        def by_gaps_of_knowledge(report)
          return verdict(:unknown, :journal_unreadable, error: report.journal_problem) if report.journal_problem
          return verdict(:unknown, :unlisted, error: report.listing.error.message) if report.listing.error

          verdict(:unknown, :listing) if report.listing.awaited
        end

        def of_group(state, reports, total)
          alike = reports.size == total && reports.map { |report| report.verdict.reason }.uniq.one? && state != :safe
          return reports.first.verdict if total == 1 || alike
          return verdict(:safe, :all_safe, total: total) if state == :safe

          verdict(state, :some, first: reports.first, count: reports.size, total: total)
        end
      end
    end
  end
end
