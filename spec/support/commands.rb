# frozen_string_literal: true

require "open3"

# Runs programs outside of this process's bundle.
module Commands
  ROOT = File.expand_path("../..", __dir__)
  Result = Struct.new(:status, :output)

  def run(*command, env: {}, chdir: ROOT)
    output, status = Bundler.with_unbundled_env { Open3.capture2e(env, *command, chdir: chdir) }
    Result.new(status.exitstatus, output)
  end

  def run!(*command, **options)
    result = run(*command, **options)
    raise "#{command.join(" ")} ended with #{result.status}:\n#{result.output}" unless result.status&.zero?

    result.output
  end
end

RSpec.configure { |config| config.include Commands }
