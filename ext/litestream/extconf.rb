# frozen_string_literal: true

# One cargo build makes the Ruby extension and the `litestream` executable. Needs no gem. Honours CARGO,
# CARGO_TARGET_DIR, CARGO_BUILD_TARGET (or RUST_TARGET) and RB_SYS_CARGO_PROFILE at the time this runs.

require_relative "build/toolchain"
require_relative "build/makefile"

root = File.expand_path("../..", __dir__)
toolchain = Build::Toolchain.new(minimum_rust: File.read(File.join(root, "Cargo.toml"))[/^rust-version = "([\d.]+)"/, 1])
abort toolchain.message unless toolchain.complete?

File.write("Makefile", Build::Makefile.new(root: root, cargo: toolchain.cargo).to_s)
