# frozen_string_literal: true

require "tmpdir"

RSpec.describe "extconf.rb on a machine that cannot compile" do
  around { |example| Dir.mktmpdir { |dir| @dir = dir and example.run } }

  def configure(env)
    run RbConfig.ruby, File.join(Commands::ROOT, "ext/litestream/extconf.rb"), env: env, chdir: @dir
  end

  def program(name, output)
    File.write(File.join(@dir, name), "#!/bin/sh\necho '#{output}'\n", perm: 0o755)
  end

  it "says to install Rust when there is none" do
    result = configure("PATH" => "/usr/bin:/bin", "CARGO" => "no-such-cargo")
    expect(result.status).to eq 1
    expect(result.output).to include("Rust 1.94.1 or newer (`no-such-cargo` was not found)", "rustup.rs")
    expect(File).not_to exist(File.join(@dir, "Makefile"))
  end

  it "says which Rust it found when that is too old" do
    program "cargo", "cargo 1.85.1 (d73d2caf9 2024-12-31)"
    program "rustc", "rustc 1.85.1 (4eb161250 2025-03-15)"
    result = configure("PATH" => "#{@dir}:#{ENV.fetch("PATH")}", "CARGO" => nil, "RUSTC" => nil)
    expect(result.status).to eq 1
    expect(result.output).to include("Rust 1.94.1 or newer (found 1.85.1)")
  end

  it "says to install libclang when there is none" do
    result = configure("LIBCLANG_PATH" => @dir)
    expect(result.status).to eq 1
    expect(result.output).to include("libclang", "libclang-dev", @dir)
  end

  it "reports everything that is missing at once" do
    result = configure("CARGO" => "no-such-cargo", "LIBCLANG_PATH" => @dir, "CC" => "no-such-cc")
    expect(result.output.scan(/^  \* /).size).to eq 3
  end
end

RSpec.describe "the Makefile" do
  around { |example| Dir.mktmpdir { |dir| @dir = dir and example.run } }

  def makefile(env)
    run! RbConfig.ruby, File.join(Commands::ROOT, "ext/litestream/extconf.rb"), env: env, chdir: @dir
    File.read(File.join(@dir, "Makefile"))
  end

  let(:unset) { { "CARGO_TARGET_DIR" => nil, "CARGO_BUILD_TARGET" => nil, "RUST_TARGET" => nil, "RB_SYS_CARGO_PROFILE" => nil } }

  it "makes a release build in a folder of its own, which it removes" do
    text = makefile(unset)
    expect(text).to include("--locked --profile release", "/target/release/liblitestream_native", "rm -rf #{File.realpath(@dir)}/target")
    expect(text).not_to include("failpoints")
  end

  it "honours profile, target and target folder" do
    text = makefile(unset.merge("RB_SYS_CARGO_PROFILE" => "dev", "CARGO_TARGET_DIR" => "/x y",
                                "CARGO_BUILD_TARGET" => "aarch64-unknown-linux-gnu"))
    expect(text).to include("--profile dev", "--target aarch64-unknown-linux-gnu", '/x\ y/aarch64-unknown-linux-gnu/debug/litestream')
    expect(text).not_to include("rm -rf")
  end
end
