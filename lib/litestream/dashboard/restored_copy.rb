# frozen_string_literal: true

require "fileutils"
require "securerandom"
require "time"
require_relative "../background/pool"
require_relative "../background/run"
require_relative "../private"

module Litestream
  module Dashboard
    # A database restored in the background to a new file in `config.litestream.copies_path`. Its Background::Run lies beside it,
    # so every process of this machine sees it.
    # @api private
    class RestoredCopy
      # How many copies of one database are remembered. The copies themselves are the administrator's to delete.
      KEPT = 20
      # The most restores at once in one process.
      THREADS = 2
      private_constant :KEPT, :THREADS

      class << self
        # Begins to restore the state of a TXID.
        # @raise [ConflictError] while another copy of this database is being restored
        # @raise [FileError]
        def start(database, txid)
          raise ConflictError, Translations.text("problems.copy_under_way") if recent(database).any?(&:running?)

          make_folder
          forget_old(database)
          new(database, SecureRandom.hex(8)).tap { |copy| copy.start(txid) }
        end

        # @raise [UnknownDatabaseError] where this database has no such copy
        def find(database, id)
          recent(database).find { |copy| copy.id == id } || raise(UnknownDatabaseError, Translations.text("problems.unknown_restoration"))
        end

        # @return [Array<RestoredCopy>] newest first
        # @raise [FileError] where the folder or a state cannot be read
        def recent(database)
          states(database).map { |file| new(database, File.basename(file, ".json").split("-").last) }.select(&:known?)
        end

        def folder = Litestream.configuration.absolute_copies_path

        def pool = @pool ||= Background::Pool.new(threads: THREADS, name: "litestream restore")

        private

        def states(database)
          files = Dir.children(folder).grep(/\A\.#{Health::DatabaseReport.id_of(database)}-\h{16}\.json\z/)
          files.map { |file| File.join(folder, file) }.sort_by { |file| File.mtime(file) }.reverse
        rescue Errno::ENOENT
          []
        rescue SystemCallError => e
          raise FileError, "use #{folder}: #{e.class.new.message}"
        end

        # A folder that holds databases keeps its mode: other users may have to read them.
        def make_folder
          Private.create_folder(folder)
          Private.close(folder) if Database.all.none? { |database| database.path.start_with?("#{folder}/") }
        rescue SystemCallError => e
          raise FileError, "use #{folder}: #{e.class.new.message}"
        end

        def forget_old(database)
          states(database).drop(KEPT - 1).each { |file| File.delete(file) }
        rescue SystemCallError => e
          raise FileError, "use #{folder}: #{e.class.new.message}"
        end
      end

      attr_reader :id

      alias to_param id

      def initialize(database, id)
        @database = database
        @id = id
        @run = Background::Run.new(File.join(self.class.folder, ".#{Health::DatabaseReport.id_of(database)}-#{id}.json"))
      end

      def start(txid)
        path = target(txid)
        began = { "state" => "running", "txid" => txid, "path" => path, "started" => Time.now.utc.iso8601(3) }
        @run.claim { |known| began if known.empty? } or raise ConflictError, Translations.text("problems.copy_under_way")
        self.class.pool.post_within_application { restore(txid, path) }
      end

      def known? = !fields.empty?

      # @return [String] "running", "done", "failed" or "lost" (its process ended before the copy was complete)
      def state = fields["state"] == "running" && !look.under_way ? "lost" : fields["state"]

      def running? = state == "running"

      def txid = fields["txid"]

      def path = fields["path"]

      # Seconds the restore took; nil unless it is done.
      def seconds = fields["seconds"]

      # Size of the database; nil unless it is done.
      def bytes = fields["bytes"]

      # Bytes read from the store for it; nil unless it is done.
      def downloaded_bytes = fields["downloaded_bytes"]

      # The failure as text; nil unless it failed.
      def message = fields["message"]

      def started = Time.iso8601(fields["started"])

      private

      # As of the first look, so that a page contradicts itself nowhere.
      def look = @look ||= @run.state

      def fields = look.fields

      def restore(txid, path)
        restored = @database.restore(output: path, txid: txid)
        @run.update(state: "done", **restored.to_h.slice(:bytes, :downloaded_bytes, :seconds))
      rescue Error => e
        Litestream.report(e, database: @database.path)
        @run.update(state: "failed", message: e.message)
      ensure
        @run.release
      end

      # A path that no later copy has, without characters that mean something to a shell.
      def target(txid)
        name = File.basename(@database.path, ".*").gsub(/[^\w.-]+/, "_").delete_prefix(".")
        File.join(self.class.folder, "#{name}-#{txid}-#{Time.now.utc.strftime("%Y%m%dT%H%M%S")}-#{id[0, 4]}.sqlite3")
      end
    end
  end
end
