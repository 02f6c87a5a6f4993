# frozen_string_literal: true

module Litestream
  class VerificationsController < ApplicationController
    include ReportsOutcome

    def create
      redirect_to database_verification_path(report, Verifications.start(report.database)), status: :see_other
    end

    def show
      verification = report.verification(params[:id])
      render locals: { report: report, verification: verification }
    end
  end
end
