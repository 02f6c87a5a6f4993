# frozen_string_literal: true

module Admin
  class LitestreamController < BaseController
    def index; end
  end
end
