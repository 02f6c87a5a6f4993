# frozen_string_literal: true

require "tmpdir"
require_relative "../../ext/litestream/build/makefile"

# A build of the extension with two calls that panic. It is loaded in a Ruby of its own.
RSpec.describe "a panic in Rust" do
  before(:context) do
    @folder = Dir.mktmpdir
    target = File.expand_path(ENV.fetch("CARGO_TARGET_DIR", "target"), Commands::ROOT)
    # The selection of `rake compile`: another one would compile the dependencies anew.
    selection = [*Build::Makefile::DEVELOPMENT, "--lib", "--features", "litestream-ext/panicking"]
    run!("cargo", "build", "--locked", "--target-dir", target, *selection)
    FileUtils.cp(File.join(target, "debug/liblitestream_native.#{RbConfig::CONFIG["SOEXT"]}"),
                 File.join(@folder, "litestream_native.#{RbConfig::CONFIG["DLEXT"]}"))
  end

  after(:context) { FileUtils.rm_r(@folder) }

  # Rust says on stderr where it panicked; the answer comes on stdout.
  def outcome(code)
    prelude = "require 'litestream/errors'; require File.join(ARGV[0], 'litestream_native'); require 'timeout'; "
    rescued = "begin; #{code}; rescue Exception => e; print e.class, ' ', e.message; end"
    IO.popen([RbConfig.ruby, "-I", "lib", "-e", prelude + rescued, @folder, { chdir: Commands::ROOT, err: File::NULL }], &:read)
  end

  it "is an InternalError that says what happened" do
    expect(outcome("Litestream::Native::Panicking.waiting"))
      .to eq "Litestream::InternalError internal error: a fault while waiting; please report it"
  end

  it "does not end the process when it comes while a call is cancelled" do
    expect(outcome("Timeout.timeout(0.2) { Litestream::Native::Panicking.ending }")).to eq "Timeout::Error execution expired"
  end
end
