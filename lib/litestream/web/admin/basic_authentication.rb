# frozen_string_literal: true

require_relative "../../dashboard/access"
require_relative "../../translations"

module Litestream
  module Admin
    # For a host without administrators of its own: config.litestream.username and password. Without a password every request is
    # refused.
    module BasicAuthentication
      extend ActiveSupport::Concern

      included do
        include ActionController::HttpAuthentication::Basic::ControllerMethods
        before_action :require_litestream_password
      end

      private

      def require_litestream_password
        access = Dashboard::Access.new
        return if authenticate_with_http_basic { |name, password| access.password?(name, password) }

        response.set_header("WWW-Authenticate", %(Basic realm="Litestream"))
        text = Translations.text("access.denied")
        answer = request.format.ref == :html ? { plain: text } : { json: { success: false, error: text.strip } }
        render(**answer, status: :unauthorized)
      end
    end
  end
end
