# frozen_string_literal: true

module Litestream
  module Background
    # A few threads that live while there is work. A forked process begins with none.
    class Pool
      THREADS = 2
      private_constant :THREADS

      def initialize
        @mutex = Mutex.new
        forget
      end

      # Returns at once, true.
      def post(&work)
        @mutex.synchronize do
          forget unless @pid == Process.pid
          @waiting << work
          @threads << Thread.new { drain } if @threads.size < THREADS
        end
        true
      end

      private

      def forget
        @pid = Process.pid
        @waiting = []
        @threads = []
      end

      def drain
        Thread.current.name = "litestream verification"
        while (work = take_work)
          within_application(&work)
        end
      ensure
        @mutex.synchronize { @threads.delete(Thread.current) }
      end

      # Leaves the list of threads in the same moment in which it finds nothing, so that nothing waits for a thread that ends.
      def take_work
        @mutex.synchronize { @waiting.shift || (@threads.delete(Thread.current) && nil) }
      end

      def within_application(&work)
        application = ::Rails.application if defined?(::Rails) && ::Rails.respond_to?(:application)
        application ? application.executor.wrap(&work) : work.call
      rescue StandardError => e
        Litestream.report(e)
      end
    end
  end
end
