# frozen_string_literal: true

require "fileutils"
require "open3"
require_relative "child_process"
require_relative "node_modules"
require_relative "server"

module Harness
  # A copy of test/libreverse in a directory of its own, with its database and its processes.
  class ReferenceApp
    SOURCE = File.expand_path("../libreverse", __dir__)
    STATE = %w[storage tmp log].freeze
    PUMA = %w[bundle exec puma -C config/puma.rb].freeze
    ACCOUNTS = Server::PASSWORDS.flat_map do |name, password|
      [["LIBREVERSE_#{name.upcase}_NAME", name], ["LIBREVERSE_#{name.upcase}_PASSWORD", password]]
    end.to_h.freeze

    Result = Struct.new(:exit_status, :out, :err, keyword_init: true) do
      def ok? = exit_status.zero?
    end

    class CommandFailed < StandardError; end

    attr_reader :root, :mode

    def initialize(directory, variables: {}, mode: "production")
      @root = File.join(directory, "libreverse")
      @variables = variables
      @mode = mode
      @boots = 0
      copy_source
    end

    def database = File.join(root, "storage", "#{mode}.sqlite3")

    # A file of the app, by its path from the root.
    def read(path) = File.binread(File.join(root, path)).force_encoding("UTF-8")

    def write(path, text)
      FileUtils.mkdir_p(File.dirname(File.join(root, path)))
      File.write(File.join(root, path), text)
    end

    # Runs bin/rails to its end.
    def rails(*arguments, variables: {}, without: [])
      out, err, status = Open3.capture3(environment(variables, without), "bin/rails", *arguments, chdir: root, unsetenv_others: true)
      Result.new(exit_status: status.exitstatus || 128 + status.termsig, out: out, err: err)
    end

    def rails!(*arguments, **options)
      result = rails(*arguments, **options)
      raise CommandFailed, "rails #{arguments.join(" ")} ended #{result.exit_status}:\n#{result.err}#{result.out}" unless result.ok?

      result
    end

    # Starts the app and waits until it answers. With workers Puma runs as a cluster.
    def boot(workers: 0, preload: false, variables: {}, argv: PUMA)
      server = start(argv, variables: {"WEB_CONCURRENCY" => workers.to_s, "PRELOAD_APP" => preload.to_s}.merge(variables))
      server.await_boot
      server
    end

    # Starts a server process without waiting for anything.
    def start(argv = PUMA, variables: {}, without: [])
      @boots += 1
      Server.new(environment(variables, without), *argv, chdir: root, log: File.join(root, "log", "server-#{@boots}.log"))
    end

    # Compiles the front end with Node. Without it the pages work, too, but by whole reloads. A build that came with the
    # sources (bin/matrix) is taken as it is.
    def build_assets
      built = File.join(root, "public/builds/application.js")
      return if File.exist?(built) || !File.exist?(File.join(root, "build.js"))

      out, status = Open3.capture2e({"NODE_PATH" => NodeModules.path}, "node", "build.js", chdir: root)
      raise CommandFailed, "node build.js:\n#{out}" unless status.success?
    end

    # A lost disk: the database, its -wal and -shm, and the replicator's own state beside it. Returns the deleted files.
    def lose_disk
      storage = File.join(root, "storage")
      Dir.children(storage).map { |name| File.join(storage, name) }.each { |path| FileUtils.rm_rf(path) }
    end

    def environment(variables = {}, without = [])
      ChildProcess.clean_environment.merge(
        "BUNDLE_GEMFILE" => gemfile,
        "RAILS_ENV" => mode,
        "SECRET_KEY_BASE" => "0" * 64,
        "PORT" => "0",
        **ACCOUNTS, **@variables, **variables
      ).reject { |name, _| without.include?(name) }
    end

    private

    def gemfile = File.join(SOURCE, "Gemfile")

    def copy_source
      FileUtils.mkdir_p(root)
      names = Dir.children(SOURCE) - STATE - %w[Gemfile Gemfile.lock .gitignore node_modules]
      names.each { |name| FileUtils.cp_r(File.join(SOURCE, name), root) }
      STATE.each { |name| FileUtils.mkdir_p(File.join(root, name)) }
    end
  end
end
