# frozen_string_literal: true

require "tmpdir"

# The dependencies are compiled once, in CARGO_TARGET_DIR (./target by default): here only our own crates are.
RSpec.describe "gem build, then gem install into an empty GEM_HOME" do
  around { |example| Dir.mktmpdir { |dir| @dir = File.realpath(dir) and example.run } }

  # RubyGems sets SOURCE_DATE_EPOCH to the present time, and cargo would compile every C file anew.
  let(:cargo) do
    File.join(@dir, "cargo").tap do |wrapper|
      File.write(wrapper, "#!/bin/sh\nunset SOURCE_DATE_EPOCH\nexec #{ENV.fetch("CARGO", "cargo")} \"$@\"\n", perm: 0o755)
    end
  end

  let(:env) do
    { "GEM_HOME" => @dir, "GEM_PATH" => [@dir, *Gem.path].join(":"), "RUBYLIB" => nil, "RB_SYS_CARGO_PROFILE" => "dev", "CARGO" => cargo,
      "CARGO_TARGET_DIR" => File.expand_path(ENV.fetch("CARGO_TARGET_DIR", "target"), Commands::ROOT) }
  end

  it "installs the extension and the executable, and nothing of the test kit" do
    package = File.join(@dir, "package.gem")
    run! "gem", "build", "litestream-native.gemspec", "--output", package, env: env
    run! "gem", "install", "--local", "--no-document", package, env: env, chdir: @dir

    expect(run!("ruby", "-e", 'require "litestream"; print Litestream::Native.version', env: env, chdir: @dir)).to eq Litestream::VERSION
    expect(run!(File.join(@dir, "bin/litestream"), "version", env: env, chdir: @dir)).to include Litestream::VERSION
    expect(Dir[File.join(@dir, "gems/*/rust/testkit/**/*.rs")]).to be_empty
    expect(Dir[File.join(@dir, "**/target/**/*")]).to be_empty
  end
end
