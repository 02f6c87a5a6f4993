# frozen_string_literal: true

module Admin
  # The host's own admin authentication. Without a configured administrator nobody gets in.
  class BaseController < ApplicationController
    before_action :require_admin

    private

    def require_admin
      authenticate_or_request_with_http_basic("LibReverse admin") do |name, password|
        Administrator.configured.authenticate?(name, password)
      end
    end
  end
end
