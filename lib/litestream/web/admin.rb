# frozen_string_literal: true

require "active_support/concern"
require "timeout"
require_relative "admin/basic_authentication"
require_relative "admin/page"
require_relative "admin/refusal"

module Litestream
  # The actions of `/admin/litestream`, for a controller that lets in none but administrators. Each answers in JSON and, by the
  # host's view `index`, in HTML. A database is named by its whole path, and only configured ones are known.
  module Admin
    extend ActiveSupport::Concern
    include SameOrigin

    # How long (seconds) a request waits for the store, for a verification that may be short, and for the replicator to start or end.
    STORE_PATIENCE = 10
    VERIFICATION_PATIENCE = 2
    SWITCH_PATIENCE = 3
    private_constant :STORE_PATIENCE, :VERIFICATION_PATIENCE, :SWITCH_PATIENCE

    included do
      include ApiRendering
      layout "litestream/admin" unless self < ActionController::Base
      without_tokens if !(self < ActionController::Base) || ::Rails.application&.config&.api_only
      rescue_from Litestream::Error, with: :litestream_refusal
      helper_method :litestream, :litestream_dashboard_path
    end

    # The overview.
    def index
      respond_to do |format|
        format.json { render json: litestream.summary }
        format.html { render :index }
      end
    end

    # path, replicas
    def databases
      litestream.require_replication
      respond_to do |format|
        format.json { render json: Commands.databases }
        format.html { redirect_to action: :index }
      end
    end

    # name, generation, lag, start, end
    def generations = list(:generations)

    # replica, generation, index, size, created
    def snapshots = list(:snapshots)

    # Begins a verification, or joins the one that is under way. JSON has its outcome if that comes within two seconds, at once
    # with `wait=0`; else 202 and where to ask again.
    def verify
      id = Verifications.start(chosen_database)
      respond_to do |format|
        format.json { render_verification(await(id)) }
        format.html { redirect_to({ action: :verification, id: id }, status: :see_other) }
      end
    end

    # Switch replication on and off, where the application keeps a setting for it.
    def enable = turn(true)

    def disable = turn(false)

    # How a verification stands: always 200, whatever came of it.
    def verification
      report = Verifications.find(params[:id]) or raise Refusal.new(404, "there is no such verification")
      respond_to do |format|
        format.json { render json: verification_json(report) }
        format.html { show_verification(report) }
      end
    end

    private

    # What the view shows.
    def litestream = @litestream ||= Page.new

    # nil where the application mounts none, or not so that this page can tell its path.
    def litestream_dashboard_path
      route = Engine.mount_route if Litestream.const_defined?(:Engine)
      route && main_app.public_send(:"#{route.name}_path")
    rescue ActionController::UrlGenerationError
      nil
    end

    def turn(on)
      raise Refusal.new(404, "this application keeps no setting for replication") unless litestream.switch.kept?

      litestream.switch.turn(on)
      # So that the page that follows shows it.
      followed = within(SWITCH_PATIENCE) { Page.new.running? == on }
      respond_to do |format|
        format.json { render json: { success: true, message: "Replication is #{"being " unless followed}switched #{on ? "on" : "off"}." } }
        format.html { redirect_to({ action: :index }, status: :see_other) }
      end
    end

    def refuse_foreign(text) = raise Refusal.new(403, text.strip)

    def list(kind)
      database = chosen_database
      rows = Timeout.timeout(STORE_PATIENCE, UnreachableError, "the store has not answered within #{STORE_PATIENCE} s") do
        Commands.public_send(kind, database.path)
      end
      respond_to do |format|
        format.json { render json: rows }
        format.html do
          litestream.show_list(database.path, kind, rows)
          render :index
        end
      end
    end

    def show_verification(report)
      litestream.show_verification(report)
      # Without scripts the page asks again by itself.
      response.set_header("Refresh", "2") if report.under_way?
      render :index
    end

    def chosen_database
      litestream.require_replication
      path = params[:database]
      raise Refusal.new(400, "which database? pass its path as `database`") unless path.is_a?(String) && path.present?

      Database.all.find { |database| database.path == path } or raise Refusal.new(404, "no such database is configured")
    end

    def await(id)
      report = nil
      within(params[:wait] == "0" ? 0 : VERIFICATION_PATIENCE) do
        report = Verifications.find(id)
        report.nil? || !report.under_way?
      end
      report
    end

    # Asks until the answer is true or the time, in seconds, is over; at least once. The last answer.
    def within(patience)
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + patience
      sleep 0.05 until (answer = yield) || Process.clock_gettime(Process::CLOCK_MONOTONIC) >= deadline
      answer
    end

    def render_verification(report)
      status = { "passed" => 200, "failed" => 422, "queued" => 202, "running" => 202 }.fetch(report.state, 500)
      render json: verification_json(report), status: status
    end

    # With the page's `verdict` after it, for who shows that beside the outcome.
    def verification_json(report)
      { success: (report.passed? unless report.under_way?), (report.passed? || report.under_way? ? :message : :error) => report.sentence,
        id: report.id, state: report.state, url: url_for(action: :verification, id: report.id, only_path: true),
        verdict: (litestream.verdict.to_h unless report.under_way?) }
    end

    def litestream_refusal(error)
      status = Refusal.status(error)
      respond_to do |format|
        format.json { render json: { success: false, error: error.message }, status: status }
        format.html do
          litestream.problem = error.message
          render :index, status: status
        end
      end
    end
  end
end
