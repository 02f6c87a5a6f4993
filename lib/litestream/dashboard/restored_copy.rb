# frozen_string_literal: true

require "fileutils"
require "json"
require "securerandom"
require "time"

module Litestream
  module Dashboard
    # A database restored to a new file of its own in `config.litestream.copies_path`, by a thread. Its state lies in a file beside
    # the copy, so every process of this machine sees it; a lock on that file says that the work goes on.
    class RestoredCopy
      # State files kept of one database. The copies themselves are the administrator's.
      KEPT = 20
      private_constant :KEPT

      class << self
        # Begins to restore the state of `txid`. ConflictError where another copy of this database is under way.
        def start(database, txid)
          raise ConflictError, Translations.text("problems.copy_under_way") if recent(database).any?(&:running?)

          using(folder) do
            FileUtils.mkdir_p(folder, mode: 0o700)
            forget_old(database)
          end
          new(database, SecureRandom.hex(8)).tap { |copy| copy.start(txid) }
        end

        # Raises UnknownDatabaseError where this database has no such copy.
        def find(database, id)
          recent(database).find { |copy| copy.id == id } || raise(UnknownDatabaseError, Translations.text("problems.unknown_restoration"))
        end

        # Newest first. FileError where it cannot be known.
        def recent(database)
          states(database).map { |file| new(database, File.basename(file, ".json").split("-").last) }.select(&:known?)
        end

        def folder = Litestream.configuration.absolute_copies_path

        def background = @background ||= Background::Pool.new

        # What the system refuses is a failure of ours, which names the path.
        def using(path)
          yield
        rescue SystemCallError => e
          raise FileError, "use #{path}: #{e.class.new.message}"
        end

        private

        def states(database)
          using(folder) do
            files = Dir.children(folder).grep(/\A\.#{Health::DatabaseReport.id_of(database)}-\h{16}\.json\z/)
            files.map { |file| File.join(folder, file) }.sort_by { |file| File.mtime(file) }.reverse
          rescue Errno::ENOENT
            []
          end
        end

        def forget_old(database)
          states(database).drop(KEPT - 1).each { |file| File.delete(file) }
        end
      end

      attr_reader :id

      alias to_param id

      def initialize(database, id)
        @database = database
        @id = id
      end

      def start(txid)
        file = begin_state("state" => "running", "txid" => txid, "path" => target(txid), "started" => Time.now.utc.iso8601(3))
        self.class.background.post { restore(file, target(txid)) }
      end

      def known? = !fields.empty?

      # "running", "done", "failed" or "lost": whoever restored ended before the copy was whole. As at the first look.
      def state
        @state ||= fields["state"] == "running" && !locked? ? last_state : fields["state"]
      end

      def running? = state == "running"

      def txid = fields["txid"]

      def path = fields["path"]

      # Seconds; of a finished one.
      def seconds = fields["seconds"]

      # Of the database, and of what was downloaded for it.
      def bytes = fields["bytes"]

      def downloaded_bytes = fields["downloaded_bytes"]

      # Why it failed.
      def message = fields["message"]

      def started = Time.iso8601(fields["started"])

      private

      # Locked for as long as the work goes on. Where it cannot be written, on a full disk, nothing of it stays.
      def begin_state(**fields)
        self.class.using(state_file) do
          file = File.open(state_file, File::RDWR | File::CREAT | File::EXCL, 0o600)
          file.flock(File::LOCK_EX)
          write(file, **fields)
          file
        rescue SystemCallError
          file&.close
          File.delete(state_file) if file
          raise
        end
      end

      def restore(file, path)
        restored = @database.restore(output: path, txid: txid)
        finish(file, "state" => "done", **restored.slice("bytes", "downloaded_bytes", "seconds"))
      rescue Error => e
        Litestream.report(e, database: @database.path)
        finish(file, "state" => "failed", "message" => e.message)
      ensure
        # Explicitly: a process that was forked meanwhile holds the same lock.
        file.flock(File::LOCK_UN)
        file.close
      end

      def finish(file, **news)
        write(file, **fields, **news)
      end

      # Of one length, so that a reader at the same moment sees either text.
      def write(file, **fields)
        file.pwrite("#{JSON.generate(fields).ljust(4095)}\n", 0)
        @fields = fields
      end

      # Not overwritten by a later copy, and without what a shell would take for its own.
      def target(txid)
        @target ||= begin
          name = File.basename(@database.path, ".*").gsub(/[^\w.-]+/, "_").delete_prefix(".")
          File.join(self.class.folder, "#{name}-#{txid}-#{Time.now.utc.strftime("%Y%m%dT%H%M%S")}-#{id[0, 4]}.sqlite3")
        end
      end

      def fields
        @fields ||= self.class.using(state_file) do
          JSON.parse(File.read(state_file))
        rescue Errno::ENOENT, JSON::ParserError
          {}
        end
      end

      # Of work that goes on no longer: its last word may have come after the first look.
      def last_state
        @fields = nil
        fields["state"] == "running" ? "lost" : fields["state"]
      end

      def locked?
        self.class.using(state_file) do
          File.open(state_file) { |file| !file.flock(File::LOCK_SH | File::LOCK_NB) }
        rescue Errno::ENOENT
          false
        end
      end

      def state_file = File.join(self.class.folder, ".#{Health::DatabaseReport.id_of(@database)}-#{id}.json")
    end
  end
end
