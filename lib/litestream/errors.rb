# frozen_string_literal: true

module Litestream
  # The root of every failure. A failure of the Rust core arrives as the class that declares its code here.
  class Error < StandardError
    class << self
      # @api private
      # Declares the codes of a class, the first being that of instances raised from Ruby. No two classes share one.
      # `retryable`: of instances raised from Ruby.
      def fails_with(*codes, exit_status:, retryable: false)
        @code = codes.first
        @exit_status = exit_status
        @retryable = retryable
        codes.each { |code| CLASSES.fetch(code) { CLASSES[code] = self }.equal?(self) or raise ArgumentError, "#{code} is taken" }
      end

      # @return [String] the code of instances raised from Ruby; a class without its own has its parent's
      def code
        @code || superclass.code
      end

      # @return [Integer]
      def exit_status
        @exit_status || superclass.exit_status
      end

      def retryable?
        @retryable.nil? ? superclass.retryable? : @retryable
      end

      # @api private
      # Called by the extension: the exception for a failure of the core, or for one that a replicator reported, which may be of
      # another version. A code that this version does not know arrives as OperationFailed.
      def of(code, exit_status, retryable, message, details)
        error = CLASSES.fetch(code, OperationFailed).new(message)
        { code: code, exit_status: exit_status, retryable: retryable, **details }.each do |name, value|
          error.instance_variable_set(:"@#{name}", value)
        end
        error
      end
    end

    CLASSES = {} # rubocop:disable Style/MutableConstant
    private_constant :CLASSES

    fails_with "error", exit_status: 1

    # @return [String] name of the failure for JSON and logs
    def code
      @code || self.class.code
    end

    # @return [Integer] exit status of a command that ends with it
    def exit_status
      @exit_status || self.class.exit_status
    end

    # True where the same call may succeed later without any change. The core decides this for its failures.
    def retryable?
      @retryable.nil? ? self.class.retryable? : @retryable
    end
  end

  # The gem `litestream` is loaded beside this one.
  class ConflictingGemError < Error
    fails_with "conflicting_gem", exit_status: 1
  end

  # The extension is missing, or was compiled for another Ruby or another version.
  class NotCompiledError < Error
    fails_with "not_compiled", exit_status: 1
  end

  # A setting, an option or litestream.yml is wrong; the message says which and where.
  class ConfigurationError < Error
    fails_with "config", exit_status: 2
  end

  # Required environment variables are missing or blank.
  class MissingEnvironmentError < ConfigurationError
    fails_with "missing_environment", exit_status: 2

    # Names of the variables.
    def names
      @names || []
    end
  end

  # No such database in litestream.yml.
  class UnknownDatabaseError < ConfigurationError
    fails_with "unknown_database", exit_status: 2
  end

  # A supervisor was inherited across a fork: it belongs to the process that made it.
  class ForkedError < Error
    fails_with "forked", exit_status: 1
  end

  # An operation failed; the subclasses name the reason.
  class OperationFailed < Error
    fails_with "failed", exit_status: 1
  end

  # Nothing has been replicated there.
  class NoReplicaError < OperationFailed
    fails_with "no_replica", exit_status: 3
  end

  # A replica of Litestream 0.3 lies there, which this version cannot read; nothing of it is lost. No option skips it.
  class LegacyReplicaError < OperationFailed
    fails_with "legacy_replica", exit_status: 13
  end

  # The replica storage refused or failed.
  class StoreError < OperationFailed
    fails_with "store_failed", "object_not_found", "object_exists", "not_s3", exit_status: 4
  end

  # The bucket does not exist.
  class MissingBucketError < StoreError
    fails_with "missing_bucket", exit_status: 4
  end

  # Wrong key id, wrong secret, no right to do this, or a limit of the account; the message has the store's own reason.
  class AccessDeniedError < StoreError
    fails_with "denied", exit_status: 4
  end

  # The store did not answer, or asked to try again later, for longer than the retries last.
  class UnreachableError < StoreError
    fails_with "unreachable", "unavailable", exit_status: 4, retryable: true
  end

  # The replica is damaged, or has a gap.
  class CorruptError < OperationFailed
    fails_with "corrupt", exit_status: 5
  end

  # The replica is sound but has no such point in time or TXID.
  class TargetUnavailableError < OperationFailed
    fails_with "target_unavailable", exit_status: 6
  end

  # A restore never writes over a database.
  class TargetExistsError < OperationFailed
    fails_with "target_exists", exit_status: 7
  end

  # Another process replicates this database, or another writer writes this replica.
  class ConflictError < OperationFailed
    fails_with "conflict", exit_status: 8
  end

  # The replica does not restore to the live database, or could not be shown to.
  class VerificationFailure < OperationFailed
    fails_with "verification_failed", exit_status: 9
  end

  # No replicator answers, or the one that answered is ending.
  class NotRunningError < OperationFailed
    fails_with "not_running", exit_status: 10, retryable: true
  end

  # The operation did not finish in time. The message names the failure that lasted, if one is known.
  class TimeoutError < OperationFailed
    fails_with "timeout", exit_status: 11, retryable: true
  end

  # The replicator does not know or does not take the request.
  class RefusedError < OperationFailed
    fails_with "refused", exit_status: 1
  end

  # SQLite refused, or the file is no database.
  class DatabaseError < OperationFailed
    fails_with "database", exit_status: 1
  end

  # A file or folder of ours cannot be read or written.
  class FileError < OperationFailed
    fails_with "io", exit_status: 1
  end

  # No space is left on a disk. Pending work continues by itself once there is some.
  class DiskFullError < OperationFailed
    fails_with "disk_full", exit_status: 12
  end

  # Neither the compiled executable nor, with the engine `litestream`, the official one.
  class ExecutableNotFoundError < OperationFailed
    fails_with "executable_not_found", exit_status: 127
  end

  # The operation was interrupted.
  class CancelledError < OperationFailed
    fails_with "cancelled", exit_status: 130
  end

  # A fault of this library.
  class InternalError < OperationFailed
    fails_with "internal", exit_status: 1
  end
end
