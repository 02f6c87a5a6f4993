# frozen_string_literal: true

module Admin
  # The host's own authentication: by password, for administrators only.
  class BaseController < ApplicationController
    layout "admin"
    before_action :require_admin

    private

    def require_admin
      account = authenticate_with_http_basic { |name, password| Account.authenticate(name, password) }
      return request_http_basic_authentication("LibReverse") unless account

      head :forbidden unless account.admin?
    end
  end
end
