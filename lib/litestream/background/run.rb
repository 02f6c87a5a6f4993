# frozen_string_literal: true

require "json"

require_relative "../private"

module Litestream
  module Background
    # The state of one piece of work as a file of JSON, for every process of this machine. The process that does the work holds a
    # lock on the file, which ends with that process.
    class Run
      # The state at one moment: what was written last (empty where nothing was), and true while its process works on.
      State = Struct.new(:fields, :under_way, keyword_init: true)

      # Bytes of the file. One length, so that a reader at the same moment sees either text.
      LENGTH = 4096
      # Attempts to take the lock, 10 ms apart, since a reader holds it for an instant.
      ATTEMPTS = 10
      private_constant :LENGTH, :ATTEMPTS

      attr_reader :path

      def initialize(path)
        @path = path
      end

      # The lock is looked at first: work whose lock is free has written its last word.
      # @return [State]
      # @raise [FileError]
      def state
        using_file do
          File.open(@path) do |file|
            locked = !file.flock(File::LOCK_SH | File::LOCK_NB)
            fields = parse(file)
            State.new(fields: fields, under_way: locked && alive?(fields["pid"]))
          end
        rescue Errno::ENOENT
          State.new(fields: {}, under_way: false)
        end
      end

      # Begins the work: takes the lock, to be released at the end, and writes what the block makes of the fields before.
      # @yieldparam fields [Hash] what was written last
      # @yieldreturn [Hash, nil] nil: the work is not to begin
      # @return [Boolean] false where the block returned nil, or another process is at work
      # @raise [FileError] where the file cannot be written; a new file is deleted then
      def claim
        using_file do
          file = lock or next false
          before = parse(file)
          fields = yield(before)
          unless fields
            file.close
            next false
          end

          begin_writing(file, fields, fresh: before.empty?)
          true
        end
      end

      # Adds or replaces fields during the work.
      # @raise [FileError]
      def update(**fields)
        using_file { write(@held, @fields.merge(fields.transform_keys(&:to_s))) }
      end

      # Ends the work. Explicitly, since a process that was forked meanwhile holds the same lock.
      def release
        @held.flock(File::LOCK_UN)
        @held.close
      end

      # Withdraws work that will never begin: the file is empty then.
      def forget = using_file { File.truncate(@path, 0) }

      private

      def begin_writing(file, fields, fresh:)
        write(file, fields)
        @held = file
      rescue SystemCallError
        File.delete(@path) if fresh
        file.close
        raise
      end

      def write(file, fields)
        file.pwrite("#{JSON.generate({ **fields, "pid" => Process.pid }).ljust(LENGTH - 1)}\n", 0)
        @fields = fields
      end

      def lock
        Private.create_folder(File.dirname(@path))
        ATTEMPTS.times do
          file = Private.open(@path, File::RDWR | File::CREAT)
          return file if file.flock(File::LOCK_EX | File::LOCK_NB) && same?(file)

          File.delete(@path) if abandoned?(file) && same?(file)
          file.close
          sleep 0.01
        end
        nil
      end

      # A process that was forked during the work holds the lock, too, and may outlive the one that did the work.
      def abandoned?(file)
        pid = parse(file)["pid"]
        pid ? !alive?(pid) : false
      end

      def same?(file)
        file.stat.ino == File.stat(@path).ino
      rescue Errno::ENOENT
        false
      end

      # Empty where nothing was written, or not all of it.
      def parse(file)
        file.rewind
        fields = JSON.parse(file.read)
        fields.is_a?(Hash) ? fields : {}
      rescue JSON::ParserError
        {}
      end

      def alive?(pid)
        return false unless pid

        Process.kill(0, pid)
        true
      rescue Errno::ESRCH
        false
      rescue Errno::EPERM
        true
      end

      def using_file
        yield
      rescue SystemCallError => e
        # Without the path that Ruby may have put into the message.
        raise FileError, "use #{@path}: #{e.class.new.message}"
      end
    end
  end
end
