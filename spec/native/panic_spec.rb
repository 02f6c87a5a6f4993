# frozen_string_literal: true

require "fileutils"
require "timeout"
require "tmpdir"

# The extension in ext/litestream/examples waits through the same bridge and panics.
RSpec.describe "a panic in Rust" do
  before(:context) do
    target = File.expand_path(ENV.fetch("CARGO_TARGET_DIR", "target"), Commands::ROOT)
    # Both packages, as in `rake compile`: cargo compiles the dependencies anew for another selection.
    packages = %w[-p litestream-ext -p litestream-replicator]
    run!("cargo", "build", "--locked", "--target-dir", target, *packages, "--example", "panicking")
    dlext = RbConfig::CONFIG["DLEXT"]
    folder = Dir.mktmpdir
    FileUtils.cp(File.join(target, "debug/examples/libpanicking.#{RbConfig::CONFIG["SOEXT"]}"), File.join(folder, "panicking.#{dlext}"))
    require File.join(folder, "panicking")
    FileUtils.rm_r(folder)
  end

  # Rust also prints where it happened.
  def noted(fault)
    output(/#{fault}/).to_stderr_from_any_process
  end

  it "is an InternalError that says what happened" do
    expect { expect { Panicking.waiting }.to raise_error(Litestream::InternalError, /a fault while waiting/) }
      .to noted("a fault while waiting")
  end

  it "does not end the process when it comes while a call is cancelled" do
    expect { expect { Timeout.timeout(0.2) { Panicking.ending } }.to raise_error(Timeout::Error) }
      .to noted("a fault while ending")
  end
end
