# frozen_string_literal: true

require "time"

module Litestream
  # Brings a database back from its replica. Never writes over one: an existing file is an error, or is moved aside.
  class Restoration
    # output::            where to put it; the database's own path by default
    # txid::              16 hexadecimal digits; the latest state by default
    # timestamp::         a Time, or RFC 3339
    # force::             move an existing database aside, and keep it
    # if_db_not_exists::  do nothing where the output exists
    # if_replica_exists:: do nothing where nothing was ever replicated
    # integrity_check::   "quick" (default), "full" or "none"
    def initialize(native, output: nil, timestamp: nil, **options)
      @native = native
      @output = File.expand_path((output || native.path).to_s, Litestream.configuration.root)
      @options = options
      @options[:timestamp] = timestamp.respond_to?(:iso8601) ? timestamp.to_time.utc.iso8601(3) : timestamp
    end

    # A hash: outcome ("restored", "database_exists" or "no_replica"), and of what was restored path, txid, pages, bytes,
    # files, downloaded_bytes, seconds, kept.
    def run
      @native.restore(@options.merge(output: @output, executable: Executable.native))
    end

    attr_reader :output
  end
end
