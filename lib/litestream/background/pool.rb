# frozen_string_literal: true

require "concurrent/executor/thread_pool_executor"

module Litestream
  # Work that no request waits for: Pool has the threads, Run is the state of one piece of work for all processes of the machine.
  # @api private
  module Background
    # A few threads of this process, begun when there is work. A forked process begins with none: concurrent-ruby resets the pool
    # there at its first post.
    class Pool
      # Seconds after which a thread without work may end.
      IDLE_TIMEOUT = 10
      private_constant :IDLE_TIMEOUT

      # @param threads [Integer] the most pieces of work at once; others are queued, without a limit
      # @param name [String] of the threads
      def initialize(threads:, name:)
        @executor = Concurrent::ThreadPoolExecutor.new(name: name, min_threads: 0, max_threads: threads, max_queue: 0,
                                                       idletime: IDLE_TIMEOUT, auto_terminate: false)
      end

      # Queues the work and returns at once. A failure of the work is reported; it ends no thread.
      # @return [true]
      def post(&work)
        @executor.post do
          work.call
        rescue StandardError => e
          Litestream.report(e)
        end
        true
      end

      # The same for work of the application: code reloading and database connections are taken care of.
      # @return [true]
      def post_within_application(&work)
        post { application ? application.executor.wrap(&work) : work.call }
      end

      private

      def application
        ::Rails.application if defined?(::Rails) && ::Rails.respond_to?(:application)
      end
    end
  end
end
