# frozen_string_literal: true

module Litestream
  class DatabasesController < ApplicationController
    def index
      render locals: { overview: overview }
    end

    def show
      render locals: { report: report, window: params[:window] }
    end

    private

    def database_id = params[:id]
  end
end
