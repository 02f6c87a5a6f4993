# frozen_string_literal: true

require "time"

module Litestream
  module Verifications
    # One verification.
    #
    # state:: "queued", "running", "passed", "failed" (the replica is not what it should be), "error" (that could not be found
    #         out) or "lost" (its process ended before it did)
    # database:: path
    # started, finished:: Times; `finished` is nil while it is under way
    # txid:: 16 hexadecimal digits, nil unless it passed
    # page_size, pages, files, downloaded_bytes:: as in Proof
    # code, message:: of the failure
    Report = Struct.new(:id, :database, :state, :started, :finished, :txid, :page_size, :pages, :files, :downloaded_bytes, :code,
                        :message, keyword_init: true) do
      # @api private
      def self.of_entry(database, entry)
        facts = entry.slice("id", "txid", "page_size", "pages", "files", "downloaded_bytes", "code", "message")
        new(**facts.transform_keys(&:to_sym), database: database, state: entry["outcome"],
            started: Time.iso8601(entry["started"]), finished: Time.iso8601(entry["finished"]))
      end

      # @api private
      def self.of_state(database, state)
        message = "the process ended before the verification was complete" if state.name == "lost"
        new(id: state.id, database: database, state: state.name, started: state.since, message: message)
      end

      def under_way? = %w[queued running].include?(state)

      def passed? = state == "passed"

      # True for a finding, passed or failed. All other states prove nothing.
      def conclusive? = %w[passed failed].include?(state)

      # @return [String] "good", "plain" (under way) or "bad"
      def tone
        return "plain" if under_way?

        passed? ? "good" : "bad"
      end

      # @return [String] for the reader of a page
      def sentence
        case state
        when "queued" then "The verification is queued."
        when "running" then "The verification is under way."
        when "passed" then "The replica restores to the database as it was at TXID #{txid}: #{pages} pages of #{page_size} bytes."
        else message
        end
      end

      # @return [Float, nil] nil while it is under way
      def seconds = finished && (finished - started)
    end
  end
end
