# frozen_string_literal: true

# Real processes for the integration specs and the demo: the reference app under Puma, the replicator, an S3 server.
module Harness
end

require_relative "harness/child_process"
require_relative "harness/official_litestream"
require_relative "harness/process_table"
require_relative "harness/s3_server"
require_relative "harness/server"
require_relative "harness/reference_app"
require_relative "harness/fresh_app"
