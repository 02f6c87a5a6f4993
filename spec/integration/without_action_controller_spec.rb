# frozen_string_literal: true

require "spec_helper"
require "open3"

RSpec.describe "An application without Action Controller", :integration do
  it "boots with everything loaded, and has no dashboard" do
    program = <<~RUBY
      require "logger"
      require "rails"
      require "active_job/railtie"
      # Rails 7.2 loads a controller of its own.
      require "action_controller" if Rails::VERSION::MAJOR > 6
      require "litestream"
      class Worker < Rails::Application
        config.root = #{directory.inspect}
        config.eager_load = true
        config.secret_key_base = "x" * 40
        config.litestream.enabled = false
      end
      Worker.initialize!
      puts ActiveSupport::Dependencies.autoload_paths.grep(%r{/app/(controllers|helpers)\\z})
      puts "booted"
    RUBY
    environment = Harness::ChildProcess.clean_environment.merge("RAILS_ENV" => "production")
    out, status = Open3.capture2e(environment, RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "-e", program,
                                  unsetenv_others: true)

    expect(status).to be_success, out
    expect(out.lines.last(1)).to eq(["booted\n"])
    expect(out).not_to match(%r{/app/})
  end
end
