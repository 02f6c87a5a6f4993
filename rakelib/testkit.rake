# frozen_string_literal: true

require_relative "../ext/litestream/build/makefile"

desc "Build the test kit's S3 server (litestream-s3, in the debug folder of CARGO_TARGET_DIR)"
task :testkit do
  root = File.expand_path("..", __dir__)
  target = File.expand_path(ENV.fetch("CARGO_TARGET_DIR", "target"), root)
  sh "cargo", "build", "--locked", "--target-dir", target, *Build::Makefile::DEVELOPMENT, "--lib", "--bins", chdir: root, verbose: false
end
