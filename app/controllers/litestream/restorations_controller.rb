# frozen_string_literal: true

module Litestream
  class RestorationsController < ApplicationController
    include ReportsOutcome

    def new
      preview = Dashboard::Preview.new(report, **wanted)
      render locals: { report: report, preview: preview }, status: preview.problem ? :unprocessable_entity : :ok
    end

    def create
      copy = Dashboard::RestoredCopy.start(report.database, Dashboard::Preview.txid(params.require(:txid)))
      redirect_to database_restoration_path(report, copy), status: :see_other
    end

    def show
      render locals: { report: report, copy: Dashboard::RestoredCopy.find(report.database, params[:id]) }
    end

    private

    # Sliced first: a host may raise for all other parameters, and the URL itself has some.
    def wanted = params.slice(:target, :txid, :time).permit(:target, :txid, :time).to_h.symbolize_keys
  end
end
