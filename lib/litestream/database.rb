# frozen_string_literal: true

module Litestream
  # One configured database and its replica. Nothing here opens the database itself.
  class Database
    # All of litestream.yml, in its order.
    def self.all(configuration = Litestream.configuration, config: nil)
      ConfigFile.read(configuration, path: config).databases.map { |native| new(native) }
    end

    # The configured database at this path, which may be relative to `configuration.root`.
    def self.find(path, configuration = Litestream.configuration, config: nil)
      wanted = File.expand_path(path.to_s, configuration.root)
      known = all(configuration, config: config)
      known.find { |database| database.path == wanted } ||
        known.find { |database| same_file?(database.path, wanted) } ||
        raise(UnknownDatabaseError, "#{path} is not configured; #{configuration.config_path} has #{known.map(&:path).join(", ")}")
    end

    # Through symbolic links, such as the `current` of a deployment.
    def self.same_file?(one, other)
      File.realpath(one) == File.realpath(other)
    rescue SystemCallError
      false
    end
    private_class_method :same_file?

    def initialize(native)
      @native = native
    end

    # Absolute. In UTF-8, as the replicator and templates have it, whatever the locale of this process.
    def path
      @path ||= @native.path.dup.force_encoding(Encoding::UTF_8).freeze
    end

    # The folder of its local state, which need not be there yet.
    def meta_path
      @native.meta_path
    end

    # Where its replica is: "s3" or "file".
    def replica
      @native.replica
    end

    # Seconds between two uploads, so lag up to that is as it was asked for.
    def sync_interval
      @native.sync_interval
    end

    # s3://bucket/path or file:///folder
    def location
      @native.location
    end

    # LTX files of one level (0: as captured), or of all.
    def files(level = 0)
      @native.files(level == :all ? nil : level)
    end

    # Runs of transactions that can be restored, and whole snapshots.
    def history
      @native.history
    end

    # A hash from one listing of the replica: location, files (as #files), generations, points (txid, at: every state that can be
    # restored), gaps (min_txid, max_txid).
    def inventory
      @native.inventory
    end

    # The files that a restore would read. Lists the replica and writes nothing; see Restoration for the options.
    def plan(txid: nil, timestamp: nil)
      Restoration.new(@native, txid: txid, timestamp: timestamp).plan
    end

    # Waits until a snapshot of everything committed before the call is in the store: path, status, txid, size.
    def snapshot!(timeout: 60)
      Litestream.instrument(:snapshot, path: path) { @native.snapshot(Float(timeout)) }
    end

    # Waits until everything committed before the call is in the store. Returns the TXIDs captured and replicated.
    def sync!(timeout: 30)
      Litestream.instrument(:sync, path: path) { @native.sync(Float(timeout)) }
    end

    # Proves that the replica restores to the live database, page by page: asks the replicator for the checksum of the live
    # database at a transaction that the store has acknowledged (which may take `timeout` seconds), and reads all that a
    # restore would read. Returns a hash: path, txid, page_size, pages, files, downloaded_bytes, seconds. Raises
    # VerificationFailure where the replica is not what it should be; another error where that could not be found out.
    # `id` is for Verifications.
    def verify!(timeout: 10, id: nil)
      Litestream.instrument(:verify, path: path) { @native.verify(Float(timeout), id) }
    end

    # The newest finished verifications, newest first, whoever asked for them on this machine: hashes with id, started,
    # finished (RFC 3339), outcome ("passed", "failed", "error"), txid, page_size, pages, files, downloaded_bytes, code, message.
    def verifications
      @native.verifications
    end

    # Returns what was restored; see Restoration for the options.
    def restore(**options)
      Litestream.instrument(:restore, path: path) { Restoration.new(@native, **options).run }
    end

    def inspect
      "#<#{self.class} #{path}>"
    end
  end
end
