# frozen_string_literal: true

require "tmpdir"
require_relative "../harness"
require_relative "report"
require_relative "run"

exit Demo::Run.new(serve: ARGV.include?("--serve")).call
