# frozen_string_literal: true

module Litestream
  # Headers of every page: only its own script and style run, and the page is neither framed nor cached.
  module SecurityHeaders
    extend ActiveSupport::Concern

    POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
             "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    included { before_action :seal, prepend: true }

    private

    def seal
      { "Content-Security-Policy" => POLICY, "X-Content-Type-Options" => "nosniff", "X-Frame-Options" => "DENY",
        "Referrer-Policy" => "same-origin", "Cache-Control" => "no-store" }.each { |name, value| response.set_header(name, value) }
    end
  end
end
