# frozen_string_literal: true

require "active_support/concern"
require "timeout"
require_relative "admin/basic_authentication"
require_relative "admin/page"
require_relative "admin/refusal"

module Litestream
  # The actions of `/admin/litestream`, for a controller that lets only administrators in. Each answers in JSON and, by the host's
  # view `index`, in HTML. A database is named by its whole path, and only configured ones are known.
  module Admin
    extend ActiveSupport::Concern
    include SameOrigin

    # Seconds that a request waits for the store.
    STORE_TIMEOUT = 10
    # Seconds that a request waits for a verification, which may be short.
    VERIFICATION_TIMEOUT = 2
    # Seconds that a request waits for the replicator to start or end.
    SWITCH_TIMEOUT = 3
    private_constant :STORE_TIMEOUT, :VERIFICATION_TIMEOUT, :SWITCH_TIMEOUT

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

    # The databases: path, replicas.
    def databases
      litestream.require_replication
      respond_to do |format|
        format.json { render json: Commands.databases }
        format.html { redirect_to action: :index }
      end
    end

    # The runs of restorable transactions of one database: name, generation, lag, start, end.
    def generations = list(:generations)

    # The snapshots of one database: replica, generation, index, size, created.
    def snapshots = list(:snapshots)

    # Begins a verification, or joins the one that is under way. JSON has its outcome if that comes within two seconds; otherwise,
    # and at once with `wait=0`, the status is 202 and `url` is the place to ask again.
    def verify
      id = Verifications.start(chosen_database)
      respond_to do |format|
        format.json { render_verification(await(id)) }
        format.html { redirect_to({ action: :verification, id: id }, status: :see_other) }
      end
    end

    # Switches replication on, where the application keeps a setting for it.
    def enable = turn(true)

    # Switches replication off.
    def disable = turn(false)

    # The state of a verification. The status is 200 for every outcome.
    def verification
      report = Verifications.find(params[:id]) or raise Refusal.new(404, "there is no such verification")
      respond_to do |format|
        format.json { render json: verification_json(report) }
        format.html { show_verification(report) }
      end
    end

    private

    # The content of the view.
    def litestream = @litestream ||= Page.new

    # nil where the application mounts none, or its route needs parameters that this page does not have.
    def litestream_dashboard_path
      route = Engine.mount_route if Litestream.const_defined?(:Engine)
      route && main_app.public_send(:"#{route.name}_path")
    rescue ActionController::UrlGenerationError
      nil
    end

    def turn(on)
      raise Refusal.new(404, "this application keeps no setting for replication") unless litestream.switch.kept?

      litestream.switch.turn(on)
      # The page that follows is to show it.
      followed = within(SWITCH_TIMEOUT) { Page.new.running? == on }
      respond_to do |format|
        format.json { render json: { success: true, message: "Replication is #{"being " unless followed}switched #{on ? "on" : "off"}." } }
        format.html { redirect_to({ action: :index }, status: :see_other) }
      end
    end

    def refuse_foreign(text) = raise Refusal.new(403, text.strip)

    def list(kind)
      database = chosen_database
      rows = Timeout.timeout(STORE_TIMEOUT, UnreachableError, "the store has not answered within #{STORE_TIMEOUT} s") do
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
      # Without JavaScript the page reloads itself.
      response.set_header("Refresh", "2") if report.under_way?
      render :index
    end

    def chosen_database
      litestream.require_replication
      path = params[:database]
      raise Refusal.new(400, "`database` is missing: pass the path of a configured one") unless path.is_a?(String) && path.present?

      Database.all.find { |database| database.path == path } or raise Refusal.new(404, "litestream.yml has no database at this path")
    end

    def await(id)
      report = nil
      within(params[:wait] == "0" ? 0 : VERIFICATION_TIMEOUT) do
        report = Verifications.find(id)
        report.nil? || !report.under_way?
      end
      report
    end

    # Calls the block until it returns true or `timeout` seconds have passed, at least once. Returns its last result.
    def within(timeout)
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + timeout
      sleep 0.05 until (answer = yield) || Process.clock_gettime(Process::CLOCK_MONOTONIC) >= deadline
      answer
    end

    def render_verification(report)
      status = { "passed" => 200, "failed" => 422, "queued" => 202, "running" => 202 }.fetch(report.state, 500)
      render json: verification_json(report), status: status
    end

    # With the page's `verdict` after it, which a script shows beside the outcome.
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
