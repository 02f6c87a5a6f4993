# frozen_string_literal: true

require "fileutils"
require "json"
require "time"

module Litestream
  module Verifications
    # The one verification of a database that may be under way on this machine: a file that says which, and a lock on that
    # file for as long as it runs, which ends with the process however that ends.
    class Run
      # `name`: "queued", "running" or "lost"; `since`: a Time. A run that has ended is "lost" too, unless the journal has it.
      State = Struct.new(:id, :name, :since, keyword_init: true)

      # How long (seconds) a job may wait in its queue until it is given up.
      QUEUED = 15 * 60
      # Who merely looks holds the lock for an instant.
      ATTEMPTS = 10
      private_constant :QUEUED, :ATTEMPTS

      def initialize(folder)
        @path = File.join(folder, "verification.json")
      end

      # Begins what was queued under this id, or was never queued; to be released at the end. False where another run is queued
      # or under way.
      def take(id)
        @held = claim(id, "running")
        !@held.nil?
      end

      # Explicitly: a process that was forked meanwhile holds the same lock.
      def release
        @held.flock(File::LOCK_UN)
        @held.close
      end

      # Announces a run that begins elsewhere, later. False as above.
      def queue(id)
        file = claim(id, "queued")
        file&.close
        !file.nil?
      end

      # What was queued will never run.
      def forget(id)
        File.truncate(@path, 0) if state&.id == id
      end

      # nil where there never was one.
      def state
        File.open(@path) { |file| read(file, locked: !file.flock(File::LOCK_SH | File::LOCK_NB)) }
      rescue Errno::ENOENT
        nil
      rescue SystemCallError => e
        raise FileError, "read #{@path}: #{e.message}"
      end

      private

      def claim(id, name)
        file = lock or return
        known = read(file, locked: false)
        return file.close if known&.name == "queued" && known.id != id

        # Of one length, so that a reader at the same moment sees either text.
        text = JSON.generate(id: id, name: name, since: Time.now.utc.iso8601(3), pid: Process.pid)
        file.pwrite("#{text.ljust(255)}\n", 0)
        file
      rescue SystemCallError => e
        raise FileError, "write #{@path}: #{e.message}"
      end

      def lock
        FileUtils.mkdir_p(File.dirname(@path))
        ATTEMPTS.times do
          file = File.open(@path, File::RDWR | File::CREAT, 0o600)
          return file if file.flock(File::LOCK_EX | File::LOCK_NB) && same?(file)

          File.delete(@path) if abandoned?(file) && same?(file)
          file.close
          sleep 0.01
        end
        nil
      end

      # A process that was forked while a run was under way holds the lock, too, and may outlive the one that ran it.
      def abandoned?(file)
        pid = parse(file)["pid"]
        pid ? !alive?(pid) : false
      end

      def same?(file)
        file.stat.ino == File.stat(@path).ino
      rescue Errno::ENOENT
        false
      end

      def read(file, locked:)
        fields = parse(file)
        return if fields.empty?

        since = Time.iso8601(fields["since"])
        State.new(id: fields["id"], since: since, name: name(fields, since, locked))
      end

      def name(fields, since, locked)
        return Time.now - since < QUEUED ? "queued" : "lost" if fields["name"] == "queued"

        locked && alive?(fields["pid"]) ? "running" : "lost"
      end

      # Empty where nothing was written, or not all of it.
      def parse(file)
        file.rewind
        JSON.parse(file.read)
      rescue JSON::ParserError
        {}
      end

      def alive?(pid)
        Process.kill(0, pid)
        true
      rescue Errno::ESRCH
        false
      rescue Errno::EPERM
        true
      end
    end
  end
end
