# frozen_string_literal: true

require "time"
require_relative "inventory"
require_relative "result"

module Litestream
  # Brings a database back from its replica. Never writes over one: an existing file is an error, or is moved aside.
  class Restoration
    # @return [String] absolute path of the restored database
    attr_reader :output

    # @param output [String, nil] path of the restored database, relative to `configuration.root`; nil: the database's own
    # @param timestamp [Time, String, nil] a moment, as text in RFC 3339; cannot be combined with txid
    # @option options [String, nil] :txid 16 hexadecimal digits; nil: the newest state
    # @option options [Boolean] :force move an existing database aside, and keep it
    # @option options [Boolean] :if_db_not_exists do nothing where the output exists
    # @option options [Boolean] :if_replica_exists do nothing where nothing was ever replicated
    # @option options [String] :integrity_check SQLite's own check of the result: "quick" (default), "full" or "none"
    def initialize(native, output: nil, timestamp: nil, **options)
      @native = native
      @output = File.expand_path((output || native.path).to_s, Litestream.configuration.root)
      @options = options
      @options[:timestamp] = timestamp.respond_to?(:iso8601) ? timestamp.to_time.utc.iso8601(3) : timestamp
    end

    # @return [Restored]
    # @raise [OperationFailed]
    def run
      Restored.of(@native.restore(@options.merge(output: @output, executable: Executable.native)))
    end

    # The files that #run would read. Lists the replica and writes nothing.
    # @return [RestorePlan]
    # @raise [TargetUnavailableError] where there is no such state
    def plan
      raise ConfigurationError, "timestamp cannot be combined with txid" if @options[:txid] && @options[:timestamp]

      RestorePlan.of(@native.plan(@options[:timestamp] ? txid_at(moment) : @options[:txid]))
    end

    private

    def moment
      Time.iso8601(@options[:timestamp])
    rescue ::ArgumentError
      raise ConfigurationError, "timestamp must be RFC 3339, such as 2026-11-22T19:57:15Z, got #{@options[:timestamp].inspect}"
    end

    # The newest state of that moment or before.
    def txid_at(moment)
      state = Inventory.new(@native.inventory).at(moment)
      state&.txid or raise TargetUnavailableError, "nothing can be restored from #{@options[:timestamp]} or before"
    end
  end
end
