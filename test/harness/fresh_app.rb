# frozen_string_literal: true

require_relative "reference_app"

module Harness
  # A new Rails application with this gem in its bundle, in production and without TLS.
  class FreshApp < ReferenceApp
    GEM = File.expand_path("../..", __dir__)
    # The names of options differ between Rails 6.1 and 7.2.
    WITHOUT_PIPELINE = {"6" => "--skip-sprockets"}.tap { |names| names.default = "--skip-asset-pipeline" }
    private_constant :GEM, :WITHOUT_PIPELINE

    def database = Dir[File.join(root, "{db,storage}", "production.sqlite3")].first

    # Puma serves public/, too.
    def environment(...) = super.merge("RAILS_SERVE_STATIC_FILES" => "1")

    private

    def gemfile = File.join(root, "Gemfile")

    def copy_source
      new_app
      write("Gemfile", <<~RUBY)
        source "https://rubygems.org"
        gem "rails"
        gem "sqlite3"
        gem "puma"
        gem "haml"
        gem "litestream-native", path: #{GEM.inspect}
      RUBY
      write("config/initializers/plain_http.rb", "Rails.application.config.force_ssl = false\n")
      # Rails 6.1 uses Logger without requiring it.
      write("config/boot.rb", "#{read("config/boot.rb").gsub(/^require .bootsnap.*$/, "")}require \"logger\"\n")
      # The template of Rails 7.2 leaves production without a database.
      database = "  database: storage/production.sqlite3"
      write("config/database.yml", read("config/database.yml").sub(/^  # database: .*production.*$/, database))
    end

    def new_app
      version = ChildProcess.clean_environment.then { |clean| Open3.capture2(clean, "rails", "--version", unsetenv_others: true)[0] }
      out, status = Open3.capture2e(ChildProcess.clean_environment, "rails", "new", root, "--minimal", "--skip-bundle", "--skip-git",
        "--database=sqlite3", WITHOUT_PIPELINE[version[/\d+/]], unsetenv_others: true)
      raise CommandFailed, "rails new:\n#{out}" unless status.success?
    end
  end
end
