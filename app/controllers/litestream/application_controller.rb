# frozen_string_literal: true

module Litestream
  # Inherits from the application's base controller, or from ActionController::Base where none is set.
  class ApplicationController < Dashboard::Access.new.base_controller
    include ApiRendering
    include ActionController::HttpAuthentication::Basic::ControllerMethods
    include Litestream::SecurityHeaders
    include Litestream::Authentication

    helper DashboardHelper
    # The script fetches a page again for its parts only.
    layout -> { request.headers["Litestream-Live"] ? false : "litestream/dashboard" }
    rescue_from(FileError) { |error| refuse(error, :internal_server_error) }
    rescue_from(UnknownDatabaseError) { |error| refuse(error, :not_found) }

    private

    # The page of all databases, or of the one that the URL names, as of now.
    def overview
      @overview ||= Dashboard::OverviewPage.new(Health::Overview.take(only: database_id)).tap do |page|
        raise page.problem if page.problem.is_a?(FileError)
      end
    end

    def database_id = params[:database_id]

    def report
      overview.reports.first ||
        raise(UnknownDatabaseError, overview.problem&.message || Translations.text("problems.unknown_database"))
    end

    def refuse(error, status)
      @problem = error
      render "litestream/shared/problem", status: status
    end

    # The host's own filters know its own routes: `redirect_to login_path` works here, too.
    def method_missing(name, *arguments, **options)
      return super unless respond_to_missing?(name)

      main_app.public_send(name, *arguments, **options)
    end

    def respond_to_missing?(name, include_private = false)
      (name.end_with?("_path", "_url") && main_app.respond_to?(name)) || super
    end
  end
end
