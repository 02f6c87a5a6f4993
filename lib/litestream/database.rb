# frozen_string_literal: true

require_relative "database/inventory"
require_relative "database/result"

module Litestream
  # One configured database and its replica. Nothing here opens the database itself.
  class Database
    class << self
      # @param config [String, nil] path of another litestream.yml than that of the configuration
      # @return [Array<Database>] all of litestream.yml, in its order
      # @raise [ConfigurationError]
      def all(configuration = Litestream.configuration, config: nil)
        ConfigFile.read(configuration, path: config).databases.map { |native| new(native) }
      end

      # @param path [String] of a configured database, which may be relative to `configuration.root`
      # @return [Database]
      # @raise [UnknownDatabaseError] where litestream.yml has no such database
      def find(path, configuration = Litestream.configuration, config: nil)
        wanted = File.expand_path(path.to_s, configuration.root)
        known = all(configuration, config: config)
        known.find { |database| database.path == wanted } ||
          known.find { |database| same_file?(database.path, wanted) } ||
          raise(UnknownDatabaseError, "#{path} is not configured; #{configuration.config_path} has #{known.map(&:path).join(", ")}")
      end

      private

      # Through symbolic links, such as the `current` of a deployment.
      def same_file?(one, other)
        File.realpath(one) == File.realpath(other)
      rescue SystemCallError
        false
      end
    end

    # @api private
    def initialize(native)
      @native = native
    end

    # @return [String] absolute; in UTF-8, as the replicator and templates have it, whatever the locale of this process
    def path
      @path ||= @native.path.dup.force_encoding(Encoding::UTF_8).freeze
    end

    # @return [String] folder of its local state, which need not exist yet
    def meta_path = @native.meta_path

    # @return [String] kind of its replica's store: "s3" or "file"
    def replica = @native.replica

    # @return [Float] seconds between two uploads; lag up to that is as configured
    def sync_interval = @native.sync_interval

    # @return [String] s3://bucket/path or file:///folder
    def location = @native.location

    # Lists the LTX files of the replica.
    # @param level [Integer, Symbol] 0 (as captured) to 9 (snapshots), or :all
    # @return [Array<LtxFile>]
    # @raise [StoreError]
    def files(level = 0)
      @native.files(level == :all ? nil : level).map { |file| LtxFile.of(file) }
    end

    # @return [Array<RestorableRange>] oldest first
    # @raise [StoreError]
    def ranges = history.first

    # @return [Array<LtxFile>] the files that hold a whole database, oldest first
    # @raise [StoreError]
    def snapshots = history.last

    # Both from one listing.
    # @return [Array(Array<RestorableRange>, Array<LtxFile>)] ranges and snapshots
    # @raise [StoreError]
    def history
      found = @native.history
      [found["generations"].map { |range| RestorableRange.of(range) }, found["snapshots"].map { |file| LtxFile.of(file) }]
    end

    # @return [Inventory] everything from one listing
    # @raise [StoreError]
    def inventory = Inventory.new(@native.inventory)

    # The files that a restore would read. Lists the replica and writes nothing.
    # @param txid [String, nil] 16 hexadecimal digits; nil: the newest state
    # @param timestamp [Time, String, nil] a moment, as text in RFC 3339
    # @return [RestorePlan]
    # @raise [TargetUnavailableError] where there is no such state
    def plan(txid: nil, timestamp: nil)
      Restoration.new(@native, txid: txid, timestamp: timestamp).plan
    end

    # Waits until a snapshot of everything committed before the call is in the store.
    # @param timeout [Numeric] seconds
    # @return [Snapshot]
    # @raise [TimeoutError, NotRunningError]
    def snapshot!(timeout: 60)
      Litestream.instrument(:snapshot, path: path) { Snapshot.of(@native.snapshot(Float(timeout))) }
    end

    # Waits until everything committed before the call is in the store.
    # @param timeout [Numeric] seconds
    # @return [Sync]
    # @raise [TimeoutError, NotRunningError]
    def sync!(timeout: 30)
      Litestream.instrument(:sync, path: path) { Sync.of(@native.sync(Float(timeout))) }
    end

    # Proves that the replica restores to the live database, page by page: asks the replicator for the checksum of the live
    # database at a transaction that the store has acknowledged, and reads all that a restore would read.
    # @param timeout [Numeric] seconds until the store has acknowledged the last commits
    # @param id [String, nil] the verification's id in the journal; for Verifications
    # @return [Proof]
    # @raise [VerificationFailure] where the replica is not what it should be; another error where that could not be found out
    def verify!(timeout: 10, id: nil)
      Litestream.instrument(:verify, path: path) { Proof.of(@native.verify(Float(timeout), id)) }
    end

    # The newest finished verifications of this machine, by any caller.
    # @return [Array<Verifications::Report>] newest first
    # @raise [FileError]
    def verifications
      @native.verifications.map { |entry| Verifications::Report.of_entry(path, entry) }
    end

    # Restores the replica; see Restoration for the options.
    # @return [Restored]
    # @raise [OperationFailed]
    def restore(**options)
      Litestream.instrument(:restore, path: path) { Restoration.new(@native, **options).run }
    end

    # @api private
    def inspect
      "#<#{self.class} #{path}>"
    end
  end
end
