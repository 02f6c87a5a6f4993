# frozen_string_literal: true

module Admin
  # The host's own authentication: nobody without a password, and only an administrator.
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
