# frozen_string_literal: true

require_relative "litestream/version"
require_relative "litestream/errors"
require_relative "litestream/conflict"
require_relative "litestream/native"
require_relative "litestream/executable"
require_relative "litestream/configuration"

# Durable SQLite: replicates databases to S3-compatible storage, proves the replicas restorable, restores them.
module Litestream
end
