# frozen_string_literal: true

# All other settings come from the environment. LITESTREAM_REPLICA_BUCKET, LITESTREAM_ACCESS_KEY_ID and
# LITESTREAM_SECRET_ACCESS_KEY are required in production: the server refuses to boot without them.
Rails.application.configure do
  # The dashboard stands behind the same authentication as the other admin pages. With LITESTREAM_PASSWORD it asks for that
  # password instead: a browser cannot give two at once.
  config.litestream.base_controller_class = "Admin::BaseController" if ENV["LITESTREAM_PASSWORD"].blank?

  # "native" needs nothing else installed; "litestream" runs the official binary on the same replica.
  config.litestream.engine = ENV["LIBREVERSE_LITESTREAM_ENGINE"].presence || "native"
end
