# frozen_string_literal: true

module Litestream
  class RestorationsController < ApplicationController
    include Acting

    def new
      preview = Dashboard::Preview.new(report, **params.permit(:target, :txid, :time).to_h.symbolize_keys)
      render locals: { report: report, preview: preview }, status: preview.problem ? :unprocessable_entity : :ok
    end

    def create
      copy = Dashboard::Copy.start(report.database, Dashboard::Preview.txid(params.require(:txid)))
      redirect_to database_restoration_path(report, copy), status: :see_other
    end

    def show
      render locals: { report: report, copy: Dashboard::Copy.find(report.database, params[:id]) }
    end
  end
end
