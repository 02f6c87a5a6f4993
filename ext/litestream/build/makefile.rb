# frozen_string_literal: true

require "rbconfig"
require "shellwords"

module Build
  # The Makefile that RubyGems and `rake compile` run: `all` builds with cargo, `install` copies both artifacts into
  # $(RUBYARCHDIR). Both callers override the directory variables on make's command line.
  class Makefile
    PACKAGES = %w[litestream-ext litestream-replicator].freeze
    EXTENSION = "litestream_native"
    EXECUTABLE = "litestream"

    # Everything, with the features that the tests' dev-dependencies add: `cargo test` and a development build then share all
    # that they compile. cargo compiles a crate and its dependents once for each set of features.
    DEVELOPMENT = %w[--workspace --features failpoints,testing].freeze

    def initialize(root:, cargo:, env: ENV, config: RbConfig::CONFIG)
      @root = root
      @cargo = cargo
      @env = env
      @config = config
    end

    def to_s
      <<~MAKE
        SHELL = /bin/sh
        DESTDIR =
        sitearchdir = #{@config["sitearchdir"]}
        sitelibdir = #{@config["sitelibdir"]}
        target_prefix = /litestream
        RUBYARCHDIR = $(sitearchdir)$(target_prefix)
        #{export_ruby}
        all:
        \t#{quote(@cargo, *arguments)}

        install: all
        \tmkdir -p "$(DESTDIR)$(RUBYARCHDIR)"
        \tinstall -m 0755 #{quote(built_extension)} "$(DESTDIR)$(RUBYARCHDIR)/#{EXTENSION}.#{@config["DLEXT"]}"
        \tinstall -m 0755 #{quote(built_executable)} "$(DESTDIR)$(RUBYARCHDIR)/#{EXECUTABLE}#{@config["EXEEXT"]}"
        #{forget_target_dir}
        clean distclean realclean:

        .PHONY: all install clean distclean realclean
      MAKE
    end

    private

    def arguments
      list = ["build", "--manifest-path", File.join(@root, "Cargo.toml"), "--locked", "--profile", profile,
              "--target-dir", target_dir, *selection, "--lib", "--bins"]
      target ? list + ["--target", target] : list
    end

    # The gem ships no test kit, and a release has no failpoints.
    def selection
      return PACKAGES.flat_map { |name| ["-p", name] } unless File.exist?(File.join(@root, "rust/testkit/src"))

      profile == "dev" ? DEVELOPMENT : ["--workspace"]
    end

    def profile
      given("RB_SYS_CARGO_PROFILE") || "release"
    end

    def target
      given("CARGO_BUILD_TARGET") || given("RUST_TARGET")
    end

    def target_dir
      given("CARGO_TARGET_DIR") || File.join(Dir.pwd, "target")
    end

    def built_extension
      built("#{"lib" unless @config["SOEXT"] == "dll"}#{EXTENSION}.#{@config["SOEXT"]}")
    end

    def built_executable
      built("#{EXECUTABLE}#{@config["EXEEXT"]}")
    end

    # cargo's folder for the profile `dev` is `debug`.
    def built(file)
      File.join(*[target_dir, target, profile == "dev" ? "debug" : profile, file].compact)
    end

    # rb-sys asks `ruby` in PATH unless RUBY names another one. Setting it needlessly would make cargo rebuild rb-sys
    # whenever a plain `cargo build` and this one take turns.
    def export_ruby
      found = @env["PATH"].to_s.split(File::PATH_SEPARATOR).map { |dir| File.join(dir, "ruby") }.find { |file| File.executable?(file) }
      return "" if found && File.realpath(found) == File.realpath(RbConfig.ruby)

      "export RUBY = #{RbConfig.ruby}\n"
    end

    # A target folder inside the installed gem would stay there for ever (0.7 GB).
    def forget_target_dir
      given("CARGO_TARGET_DIR") ? "" : "\trm -rf #{quote(target_dir)}\n"
    end

    def given(name)
      value = @env[name].to_s
      value unless value.empty?
    end

    def quote(*words)
      Shellwords.join(words).gsub("$", "$$")
    end
  end
end
