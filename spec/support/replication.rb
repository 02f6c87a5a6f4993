# frozen_string_literal: true

require "open3"
require "tmpdir"

# A database in a folder of its own, replicated to a folder beside it by the real executable.
module Replication
  class Site
    attr_reader :root, :configuration

    def initialize(root)
      @root = root
      @configuration = Litestream::Configuration.new(env: { "REPLICA" => replica }).tap { |settings| settings.root = root }
      Dir.mkdir(path("config"))
      Dir.mkdir(path("tmp"))
      write("config/litestream.yml", <<~YAML)
        logging: { level: error }
        dbs:
          - path: <%= "app" %>.sqlite3
            replica: { type: file, path: $REPLICA }
      YAML
      sql("PRAGMA journal_mode=wal; CREATE TABLE notes (body TEXT)")
    end

    def path(*names) = File.join(root, *names)

    def database = path("app.sqlite3")

    def replica = path("replica")

    def write(name, text) = File.write(path(name), text)

    def sql(statements, file: database)
      output, status = Open3.capture2("sqlite3", "-cmd", ".timeout 5000", file, statements)
      status.success? ? output : raise("sqlite3 failed: #{output}")
    end

    # Replicates until `stop`, without a supervisor; returns once it answers.
    def start
      configuration_file = write("replicator.yml", <<~YAML) && path("replicator.yml")
        socket: { enabled: true, path: #{configuration.absolute_socket_path} }
        dbs: [{ path: #{database}, replica: { type: file, path: #{replica} } }]
        #{Merging::NONE_IN_YAML}
      YAML
      @pid = Process.spawn(Litestream::Executable.native, "replicate", "--config", configuration_file,
                           %i[out err] => path("replicator.log"))
      100.times { Litestream.replicate_process[:status] == "running" ? break : sleep(0.05) }
      self
    end

    def stop
      return unless @pid

      Process.kill(:TERM, @pid)
      Process.wait(@pid)
      @pid = nil
    end
  end
end

RSpec.shared_context "with a replicated database" do
  around do |example|
    Dir.mktmpdir("litestream-") do |folder|
      @site = Replication::Site.new(File.realpath(folder))
      before = Litestream.configuration
      Litestream.configuration = @site.configuration
      example.run
    ensure
      @site&.stop
      Litestream.configuration = before
    end
  end

  attr_reader :site
end
