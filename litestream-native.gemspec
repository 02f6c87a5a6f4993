# frozen_string_literal: true

require_relative "lib/litestream/version"

Gem::Specification.new do |spec|
  spec.name = "litestream-native"
  spec.version = Litestream::VERSION
  spec.authors = ["Litestream for Rails contributors"]
  spec.summary = "Durable SQLite for Rails: replicates to S3, verifies, restores"
  spec.description = "Replicates SQLite databases to S3-compatible storage in Litestream's own format, proves the " \
                     "replicas restorable and restores them, from Ruby and Rails. The work is done in Rust."
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata["rubygems_mfa_required"] = "true"

  # Cargo resolves the whole workspace, so the test kit's manifest comes along; its sources do not.
  spec.files = Dir.chdir(__dir__) do
    Dir["lib/**/*.{rb,rake}", "lib/generators/**/*", "app/**/*", "config/**/*", "exe/*", "ext/litestream/{*,build/**/*,src/**/*}",
        "rust/{ltx,core,replicator}/{Cargo.toml,build.rs,src/**/*}", "rust/testkit/Cargo.toml",
        "Cargo.toml", "Cargo.lock", ".yardopts", "README.md", "CHANGELOG.md", "LICENSE"].uniq.select { |path| File.file?(path) }
  end
  # Active Support has it, too.
  spec.add_dependency "concurrent-ruby", "~> 1.1"
  spec.bindir = "exe"
  spec.executables = ["litestream"]
  spec.extensions = ["ext/litestream/extconf.rb"]
end
