# frozen_string_literal: true

require "tmpdir"
require_relative "../../test/harness"

# Examples with real processes: every example has its own copy of the reference app, its own store and, after it, no process left.
RSpec.shared_context "with real processes" do
  around do |example|
    Dir.mktmpdir("litestream-spec-") do |directory|
      @directory = directory
      @servers = []
      @apps = []
      example.run
    ensure
      print_logs if example.exception
      @servers.each(&:kill_everything)
      @store&.stop
    end
  end

  attr_reader :directory

  def store = @store ||= Harness::S3Server.new(directory)

  # Migrated, in production, with the credentials of the store.
  def app = @app ||= new_app(variables: store.environment).tap { |app| app.rails!("db:migrate") }

  def new_app(kind = Harness::ReferenceApp, **options)
    kind.new(Dir.mktmpdir("app-", directory), **options).tap { |app| @apps << app }
  end

  def append_to(name, content) = File.write(File.join(app.root, name), content, mode: "a")

  def merge_nothing = append_to("config/litestream.yml", Merging::NONE_IN_YAML)

  def boot(target = app, **options) = serve { target.boot(**options) }

  def start(target, argv = Harness::ReferenceApp::PUMA, **options) = serve { target.start(argv, **options) }

  def poll(what, seconds: 30, &condition) = Harness::ChildProcess.poll(seconds, what, &condition)

  def alive?(pid) = Harness::ProcessTable.read.alive?(pid)

  # In CI everything must run.
  def official_litestream(version)
    path = Harness::OfficialLitestream.path(version)
    raise "official Litestream #{version} can't be had" if path.nil? && !ENV["CI"].to_s.empty?

    path || skip("official Litestream #{version} can't be had")
  end

  private

  def serve = yield.tap { |server| @servers << server }

  def print_logs
    logs = @apps.flat_map { |app| Dir[File.join(app.root, "log", "*.log")] }
    logs.each { |log| warn "#{File.basename(log)}:\n#{File.read(log)}" }
  end
end

RSpec.configure { |config| config.include_context "with real processes", :integration }
