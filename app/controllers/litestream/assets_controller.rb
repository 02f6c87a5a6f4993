# frozen_string_literal: true

module Litestream
  # Script and style, without the application's asset pipeline. Their URLs name their content, so they are kept.
  class AssetsController < ApplicationController
    def show
      asset = Dashboard::Asset.find(params[:name], params[:digest]) or return head(:not_found)

      response.set_header("Cache-Control", "private, max-age=31536000, immutable")
      send_data asset.content, type: asset.type, disposition: "inline"
    end
  end
end
