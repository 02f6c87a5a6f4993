# frozen_string_literal: true

module Build
  # Looks for libclang where bindgen's loader will: only in LIBCLANG_PATH when that is set, else beside llvm-config, in
  # the library paths of the environment and in the usual folders.
  class Libclang
    FILES = %w[libclang.so libclang-*.so libclang.so.* libclang-*.so.* libclang.dylib].freeze
    FOLDERS = %w[
      /usr/local/llvm*/lib* /usr/local/lib*/*/* /usr/local/lib*/* /usr/local/lib*
      /usr/lib*/*/* /usr/lib*/* /usr/lib*
      /opt/homebrew/opt/llvm*/lib /usr/local/opt/llvm*/lib
      /Library/Developer/CommandLineTools/usr/lib
      /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib
    ].freeze

    def initialize(env)
      @env = env
    end

    def found?
      return folder?(explicit) || file?(explicit) if explicit

      (beside_llvm_config + from_environment + FOLDERS).any? { |folder| folder?(folder) }
    end

    private

    def explicit
      @env["LIBCLANG_PATH"]
    end

    def beside_llvm_config
      program = @env.fetch("LLVM_CONFIG_PATH", "llvm-config")
      [IO.popen([program, "--libdir", { err: File::NULL }], &:read).strip].reject(&:empty?)
    rescue SystemCallError
      []
    end

    def from_environment
      %w[LD_LIBRARY_PATH LIBRARY_PATH DYLD_LIBRARY_PATH].flat_map { |name| @env[name].to_s.split(File::PATH_SEPARATOR) }
    end

    def folder?(path)
      !Dir.glob(FILES, base: path).empty? || (path.include?("*") && Dir.glob(path).any? { |match| folder?(match) })
    end

    def file?(path)
      File.file?(path) && FILES.any? { |pattern| File.fnmatch(pattern, File.basename(path)) }
    end
  end
end
