# frozen_string_literal: true

require "time"

module Litestream
  module Verifications
    # One verification. `state`: "queued", "running", "passed", "failed" (the replica is not what it should be), "error" (that
    # could not be found out) or "lost" (who ran it ended before it did). `started` and `finished` are Times, `txid` has 16
    # hexadecimal digits, `database` is a path.
    Report = Struct.new(:id, :database, :state, :started, :finished, :txid, :page_size, :pages, :files, :downloaded_bytes, :code,
                        :message, keyword_init: true) do
      def self.of_entry(database, entry)
        facts = entry.slice("id", "txid", "page_size", "pages", "files", "downloaded_bytes", "code", "message")
        new(**facts.transform_keys(&:to_sym), database: database, state: entry["outcome"],
            started: Time.iso8601(entry["started"]), finished: Time.iso8601(entry["finished"]))
      end

      def self.of_state(database, state)
        message = "the process that verified ended before the verification did" if state.name == "lost"
        new(id: state.id, database: database, state: state.name, started: state.since, message: message)
      end

      def under_way? = %w[queued running].include?(state)

      def passed? = state == "passed"

      # nil while it is under way
      def seconds = finished && (finished - started)
    end
  end
end
