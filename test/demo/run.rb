# frozen_string_literal: true

require_relative "ledger"
require_relative "writer"

module Demo
  # Write, verify, lose everything, restore, compare. `call` answers the exit status.
  class Run
    WRITE_SECONDS = 4

    def initialize(serve:)
      @serve = serve
      @report = Report.new
      @ledger = Ledger.new
    end

    def call
      Dir.mktmpdir("litestream-demo-") do |directory|
        perform(directory) ? 0 : 1
      ensure
        end_processes
      end
    rescue Interrupt
      130
    end

    private

    def perform(directory)
      prepare(directory)
      boot
      write
      verify
      die
      lose_disk
      restore
      boot
      return false unless complete?

      go_on
      serve if @serve
      true
    end

    def prepare(directory)
      @report.step("An S3 server on loopback, and a Rails app in production") do
        @store = Harness::S3Server.new(directory)
        @app = Harness::ReferenceApp.new(directory, variables: @store.environment)
        @app.rails!("db:migrate")
        @report.say "bucket #{Harness::S3Server::BUCKET} at #{@store.address}; app in #{@app.root}"
      end
    end

    def boot
      @report.step("Puma boots the app, whose initializer starts the replicator") do
        @server = @app.boot
        @report.say "#{@server.address}; Puma is process #{@server.pid}, the replicator #{@server.await_replicator}"
      end
    end

    def write
      @report.step("Rows are written through the app, which replicates meanwhile") do
        @writer = Writer.new(@server, @ledger).start
        sleep WRITE_SECONDS
        describe_rows
      end
    end

    def verify
      @report.step("Litestream.verify!: the replica restores to the live database, while writing goes on") do
        out = @app.rails!("runner", <<~RUBY).out
          Litestream.verify!("storage/production.sqlite3")
          replica = Litestream::Commands.status.first
          print "captured up to TXID \#{replica["txid"]}, in the store up to \#{replica["replicated_txid"]}"
        RUBY
        @report.say "true; #{out}"
      end
    end

    def die
      @report.step("SIGKILL to Puma and the replicator in the middle of writing") do
        pids = @server.kill_everything
        @writer.stop
        @report.say "killed processes #{pids.join(" and ")}"
        describe_rows
        describe_waits(@writer.waits.sort)
      end
    end

    def describe_rows
      @report.say "#{@ledger.committed.size} rows committed; #{@ledger.acknowledged.size} of them acknowledged: " \
                  "Litestream.sync! returned after their commit"
    end

    def describe_waits(waits)
      return if waits.empty?

      @report.say format("requests that waited for the store took %<median>.3f s, at most %<longest>.3f s",
                         median: waits[waits.size / 2], longest: waits.last)
    end

    def lose_disk
      @report.step("The disk is lost: database, -wal, -shm and the replicator's own state") do
        @report.say @app.lose_disk.map { |path| File.basename(path) }.sort.join(", ")
      end
    end

    def restore
      path = "storage/production.sqlite3"
      @report.step("rails litestream:restore -- --database=#{path}") do
        @report.say @app.rails!("litestream:restore", "--", "--database=#{path}").out.strip
        @report.say "#{File.size(@app.database)} bytes"
      end
    end

    def complete?
      @report.step("What came back") do
        rows = @server.notes
        missing = @ledger.missing_from(rows)
        @report.say "#{rows.size} rows restored"
        @report.say "acknowledged:     #{@ledger.acknowledged.size} rows, #{missing[:acknowledged]} missing"
        @report.say "not acknowledged: #{@ledger.unacknowledged.size} rows, #{missing[:unacknowledged]} missing (no client relies on them)"
        missing[:acknowledged].zero? && !@ledger.acknowledged.empty?
      end
    end

    def go_on
      @report.step("The recovered app replicates on, and verifies again") do
        @server.write("after the disaster", durable: true)
        @app.rails!("litestream:verify", "--", "--database=primary").out.lines.each { |line| @report.say line.chomp }
      end
    end

    def serve
      @report.say ""
      @report.say "The app stays up at #{@server.address}, its admin page at #{@server.address}/admin/litestream"
      @report.say "(name and password: #{Harness::ReferenceApp::ACCOUNTS.values.first(2).join(", ")}). Ctrl-C ends it."
      sleep
    end

    def end_processes
      @server&.kill_everything
      @store&.stop
    end
  end
end
