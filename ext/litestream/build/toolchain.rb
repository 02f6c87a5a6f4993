# frozen_string_literal: true

require "rbconfig"
require_relative "libclang"

module Build
  # The requirements of compiling. One message reports everything that is missing, before anything is built.
  class Toolchain
    attr_reader :cargo

    def initialize(minimum_rust:, env: ENV)
      @minimum_rust = minimum_rust
      @env = env
      @cargo = env.fetch("CARGO", "cargo")
    end

    def complete?
      problems.empty?
    end

    def problems
      @problems ||= [rust_problem, libclang_problem, compiler_problem, headers_problem].compact
    end

    def message
      <<~TEXT
        litestream-native is compiled on this machine, which lacks what that needs:

        #{problems.map { |problem| "  * #{problem}" }.join("\n")}

        Install #{problems.size == 1 ? "it" : "these"}, then run the same command again.
      TEXT
    end

    private

    def rust_problem
      advice = "install it with rustup (https://rustup.rs) or from your distribution, if that has #{@minimum_rust}"
      return "Rust #{@minimum_rust} or newer (`#{cargo}` was not found): #{advice}" unless version_of(cargo)

      found = version_of(@env.fetch("RUSTC", "rustc"))
      return "Rust #{@minimum_rust} or newer (`rustc` was not found beside cargo): #{advice}" unless found
      return if Gem::Version.new(found) >= Gem::Version.new(@minimum_rust)

      "Rust #{@minimum_rust} or newer (found #{found}): #{advice}; `rustup update` renews a rustup installation"
    end

    def libclang_problem
      return if Libclang.new(@env).found?

      where = @env["LIBCLANG_PATH"] ? " in LIBCLANG_PATH=#{@env["LIBCLANG_PATH"]}" : ""
      "libclang, which reads Ruby's headers (not found#{where}): install libclang-dev (Debian, Ubuntu), clang-devel " \
        "(Fedora), clang-dev (Alpine) or llvm (Homebrew), or set LIBCLANG_PATH to the folder that holds it"
    end

    def compiler_problem
      compiler = @env["CC"] || RbConfig::CONFIG["CC"]
      return if runs?(*compiler.split, "--version")

      "a C compiler (`#{compiler}` was not found): install build-essential (Debian, Ubuntu), gcc, or Xcode's command line tools"
    end

    def headers_problem
      return if File.exist?(File.join(RbConfig::CONFIG["rubyhdrdir"].to_s, "ruby.h"))

      "Ruby's header files for #{RbConfig.ruby}: install ruby-dev (Debian, Ubuntu) or ruby-devel (Fedora)"
    end

    def version_of(program)
      IO.popen([program, "--version", { err: File::NULL }], &:read)[/\d+\.\d+\.\d+/]
    rescue SystemCallError
      nil
    end

    def runs?(*command)
      system(*command, out: File::NULL, err: File::NULL) || false
    end
  end
end
