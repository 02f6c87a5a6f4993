# frozen_string_literal: true

module Demo
  # Writes rows through the app, one request after the other. Every 25th request waits until the store has the row.
  class Writer
    DURABLE_EVERY = 25
    # Failures that a client gets when its server is killed.
    GONE = [Harness::Server::Refused, SystemCallError, EOFError, IOError, Net::ReadTimeout].freeze

    # Seconds that each waiting request took.
    attr_reader :waits

    def initialize(server, ledger)
      @server = server
      @ledger = ledger
      @waits = []
      @stop = false
    end

    def start
      @thread = Thread.new { write until @stop }
      @thread.report_on_exception = false
      self
    end

    # Ends after the current request. A request that fails because the app was killed counts for no row.
    def stop
      @stop = true
      @thread.join
      self
    rescue *GONE
      self
    end

    private

    def write
      number = @ledger.committed.size + 1
      return @ledger.commit(@server.write("note #{number}")) unless (number % DURABLE_EVERY).zero?

      began = Harness::ChildProcess.now
      @ledger.commit(@server.write("note #{number}", durable: true))
      @ledger.acknowledge
      @waits << (Harness::ChildProcess.now - began)
    end
  end
end
