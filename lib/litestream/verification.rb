# frozen_string_literal: true

module Litestream
  # Asks the replicator for the checksum of the live database at a transaction that the store has acknowledged, then proves
  # that the replica restores to just that.
  class Verification
    # `timeout`: how long (seconds) the replicator may take until the store has everything.
    def initialize(native, timeout:)
      @native = native
      @timeout = Float(timeout)
    end

    # A hash: path, txid, page_size, pages, files, downloaded_bytes, seconds. Raises VerificationFailure where the replica
    # is not what it should be; another error where that could not be found out.
    def run
      Handover.bridge(@timeout) { |left| @native.verify(left) }
    rescue TimeoutError => e
      raise VerificationFailure, "verification of #{@native.path} failed: its last writes are not in the replica " \
                                 "after #{@timeout} s (#{e.message})"
    end
  end
end
