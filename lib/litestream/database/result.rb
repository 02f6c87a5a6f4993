# frozen_string_literal: true

require "json"
require "time"

module Litestream
  # The results of operations are Structs: a member is read as `result.txid` or `result["txid"]`, and `to_h` has all of them.
  module Result
    # Reads a result from the extension's hash.
    module Reading
      # @api private
      # @param fields [Hash{String => Object}] those that are no members are left out
      def of(fields)
        new(**fields.transform_keys(&:to_sym).slice(*members))
      end
    end

    # @api private
    def self.included(result)
      result.extend(Reading)
    end

    # @return [Hash{String => Object}] as in JSON: times are RFC 3339 in UTC
    def with_string_keys = to_h.to_h { |name, value| [name.to_s, plain(value)] }

    # An object with the members as its names.
    def to_json(*arguments) = with_string_keys.to_json(*arguments)

    private

    def plain(value)
      case value
      when Time then value.utc.iso8601(3)
      when Result then value.with_string_keys
      when Array then value.map { |item| plain(item) }
      else value
      end
    end
  end

  # Everything committed before Database#sync! is in the store.
  #
  # path:: of the database
  # status:: "synced", or "no_change" where there was nothing to do
  # txid:: newest captured transaction, a number; 0 before the first
  # replicated_txid:: newest transaction in the store, a number; 0 before the first
  Sync = Struct.new(:path, :status, :txid, :replicated_txid, keyword_init: true) { include Result }

  # A snapshot that Database#snapshot! asked for.
  #
  # path:: of the database
  # status:: "created", or "no_change" where the newest snapshot has everything
  # txid:: newest transaction in it, a number
  # bytes:: size in the store
  Snapshot = Struct.new(:path, :status, :txid, :bytes, keyword_init: true) do
    include Result

    # @api private
    def self.of(fields) = super({ **fields, "bytes" => fields["size"] })
  end

  # The proof of Database#verify!: the replica restores to the live database as it was at a transaction.
  #
  # path:: of the database
  # txid:: 16 hexadecimal digits
  # page_size:: bytes of a page
  # pages:: number of pages compared
  # files:: number of LTX files read
  # downloaded_bytes:: read from the store
  # seconds:: the verification took
  Proof = Struct.new(:path, :txid, :page_size, :pages, :files, :downloaded_bytes, :seconds, keyword_init: true) { include Result }

  # An LTX file of a replica.
  #
  # level:: 0 (as captured) to 9 (snapshots)
  # min_txid:: first transaction in it, 16 hexadecimal digits
  # max_txid:: last transaction in it
  # bytes:: size in the store
  # created:: Time of its newest transaction
  LtxFile = Struct.new(:level, :min_txid, :max_txid, :bytes, :created, keyword_init: true) do
    include Result

    # @api private
    def self.of(fields) = super({ **fields, "bytes" => fields["size"], "created" => Time.iso8601(fields["created"]) })

    # JSON has the bytes as `size`.
    def with_string_keys = super.transform_keys("bytes" => "size")
  end

  # A run of transactions of which each can be restored, without a gap.
  #
  # start_txid:: first of them, 16 hexadecimal digits
  # end_txid:: last of them
  # start:: Time of the first
  # end:: Time of the last
  RestorableRange = Struct.new(:start_txid, :end_txid, :start, :end, keyword_init: true) do
    include Result

    # @api private
    def self.of(fields) = super({ **fields, "start" => Time.iso8601(fields["start"]), "end" => Time.iso8601(fields["end"]) })
  end

  # The files that a restore would read.
  #
  # txid:: of the state it restores, 16 hexadecimal digits
  # created:: Time of that state
  # bytes:: size of all files
  # files:: Array of LtxFile, in the order in which they are applied
  RestorePlan = Struct.new(:txid, :created, :bytes, :files, keyword_init: true) do
    include Result

    # @api private
    def self.of(fields)
      super({ **fields, "created" => Time.iso8601(fields["created"]), "files" => fields["files"].map { |file| LtxFile.of(file) } })
    end
  end

  # The outcome of a restore.
  #
  # outcome:: "restored", "database_exists" or "no_replica"; all other members are nil unless it is "restored"
  # path:: of the restored database
  # txid:: 16 hexadecimal digits
  # pages:: number of pages
  # bytes:: of the database
  # files:: number of LTX files read
  # downloaded_bytes:: read from the store
  # seconds:: the restore took
  # kept:: path of the database that was moved aside, or nil
  Restored = Struct.new(:outcome, :path, :txid, :pages, :bytes, :files, :downloaded_bytes, :seconds, :kept, keyword_init: true) do
    include Result

    def restored? = outcome == "restored"
  end

  # The state of a Supervisor.
  #
  # role:: "holder", "standby", "off" or "stopped"
  # pid:: of the replicator where it is a child of this process, or nil
  # holder:: pid of the supervising process, or nil
  # started:: Time of the replicator's start, or nil
  # restarts:: how often it was started again
  # last_exit:: how it ended last, as text, or nil
  # problem:: the reason why nothing runs, or nil
  SupervisorStatus = Struct.new(:role, :pid, :holder, :started, :restarts, :last_exit, :problem, keyword_init: true) do
    include Result

    # @api private
    def self.of(fields) = super({ **fields, "started" => fields["started"] && Time.iso8601(fields["started"]) })
  end
end
