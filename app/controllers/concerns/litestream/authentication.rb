# frozen_string_literal: true

module Litestream
  # Lets nobody in whom Dashboard::Access does not, and nothing but its own pages send forms.
  module Authentication
    extend ActiveSupport::Concern

    included do
      before_action :require_guard
      include SameOrigin
      without_tokens
    end

    private

    def require_guard
      case Dashboard::Access.new.guard
      when "password" then require_password
      when nil then closed
      end
    end

    def require_password
      authenticate_or_request_with_http_basic("Litestream", Translations.text("access.denied")) do |name, password|
        Dashboard::Access.new.password?(name, password)
      end
    end

    # A status of 401 must name a scheme; one that browsers know would ask for a password that there is not.
    def closed
      response.set_header("WWW-Authenticate", "Closed")
      render plain: Translations.text("access.closed"), status: :unauthorized
    end
  end
end
