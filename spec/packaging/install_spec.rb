# frozen_string_literal: true

require "tmpdir"

# The dependencies are compiled once, in CARGO_TARGET_DIR (./target by default): here only our own crates are.
RSpec.describe "gem build, then gem install into an empty GEM_HOME" do
  around { |example| Dir.mktmpdir { |dir| @dir = File.realpath(dir) and example.run } }

  let(:env) do
    { "GEM_HOME" => @dir, "GEM_PATH" => @dir, "RUBYLIB" => nil, "RB_SYS_CARGO_PROFILE" => "dev",
      "CARGO_TARGET_DIR" => File.expand_path(ENV.fetch("CARGO_TARGET_DIR", "target"), Commands::ROOT) }
  end

  it "installs the extension and the executable, and nothing of the test kit" do
    package = File.join(@dir, "package.gem")
    run! "gem", "build", "litestream-native.gemspec", "--output", package, env: env
    run! "gem", "install", "--local", "--no-document", package, env: env, chdir: @dir

    expect(run!("ruby", "-e", 'require "litestream"; print Litestream::Native.version', env: env, chdir: @dir)).to eq Litestream::VERSION
    run!(File.join(@dir, "bin/litestream"), env: env, chdir: @dir)
    expect(Dir[File.join(@dir, "gems/*/rust/testkit/**/*.rs")]).to be_empty
    expect(Dir[File.join(@dir, "**/target/**/*")]).to be_empty
  end
end
