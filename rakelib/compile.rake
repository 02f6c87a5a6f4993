# frozen_string_literal: true

require "rbconfig"

desc "Build the extension and the executable into lib/litestream (profile dev unless RB_SYS_CARGO_PROFILE says otherwise)"
task :compile do
  root = File.expand_path("..", __dir__)
  env = { "RB_SYS_CARGO_PROFILE" => ENV.fetch("RB_SYS_CARGO_PROFILE", "dev"),
          "CARGO_TARGET_DIR" => File.expand_path(ENV.fetch("CARGO_TARGET_DIR", "target"), root) }
  folder = File.join(root, "tmp", "ext")
  mkdir_p folder, verbose: false
  sh env, RbConfig.ruby, File.join(root, "ext/litestream/extconf.rb"), chdir: folder, verbose: false
  sh env, "make", "--no-print-directory", "install", "RUBYARCHDIR=#{File.join(root, "lib/litestream")}", chdir: folder, verbose: false
end
