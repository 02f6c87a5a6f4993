# frozen_string_literal: true

require "timeout"

module Litestream
  module Dashboard
    # What lies in each replica, for this process: asked for in the background, kept for a while. However slow a store is, a page
    # waits for all of them together no longer than PATIENCE, and gets what was known last.
    class Listings
      # Seconds: how long a listing is fresh, how soon one is tried again that failed or has a gap, which may be about to be
      # filled, how long a page waits, how long a store may take. A listing is ten requests.
      FRESH = 60
      RETRY = 10
      PATIENCE = 2.0
      LIMIT = 15
      # Threads, which end when there is nothing to list.
      THREADS = 4
      private_constant :FRESH, :RETRY, :PATIENCE, :LIMIT, :THREADS

      # `inventory`: an Inventory; nil before the first answer. `error`: why there is no newer one.
      Entry = Struct.new(:inventory, :listed_at, :error, :tried_at, keyword_init: true)

      def initialize
        @lock = Mutex.new
        @changed = ConditionVariable.new
        forget
      end

      # Entries by path; for `databases`, which are listed where that is due.
      def of(databases)
        @lock.synchronize do
          forget unless @pid == Process.pid
          databases.each { |database| list(database) }
          await { databases.all? { |database| @entries[database.path] } }
          databases.to_h { |database| [database.path, @entries.fetch(database.path) { Entry.new }] }
        end
      end

      # The next look asks the store: something was changed. An answer that is under way may be from before that.
      def expire(database)
        @lock.synchronize do
          @entries.delete(database.path)
          @stale[database.path] = true if @under_way[database.path]
        end
      end

      private

      # Threads do not survive a fork.
      def forget
        @pid = Process.pid
        @entries = {}
        @waiting = []
        @under_way = {}
        @stale = {}
        @threads = 0
      end

      def list(database)
        return if @under_way[database.path] || !due?(@entries[database.path])

        @under_way[database.path] = true
        @waiting << database
        return if @threads == THREADS

        @threads += 1
        Thread.new { work }
      end

      def due?(entry)
        entry.nil? || now - entry.tried_at > (entry.error || entry.inventory.unreachable? ? RETRY : FRESH)
      end

      def await
        deadline = now + PATIENCE
        @changed.wait(@lock, deadline - now) until yield || now > deadline
      end

      def work
        while (database = next_database)
          entry = ask(database)
          @lock.synchronize { keep(database, entry) }
        end
      end

      def next_database
        @lock.synchronize { @waiting.shift || ((@threads -= 1) && nil) }
      end

      def keep(database, entry)
        known = @entries[database.path]
        entry = Entry.new(**entry.to_h, inventory: known.inventory, listed_at: known.listed_at) if entry.error && known
        @under_way.delete(database.path)
        return list(database) if @stale.delete(database.path)

        @entries[database.path] = entry
        @changed.broadcast
      end

      def ask(database)
        found = ::Timeout.timeout(LIMIT) { database.inventory }
        Entry.new(inventory: Inventory.new(found), listed_at: Time.now, tried_at: now)
      rescue ::Timeout::Error
        Entry.new(error: UnreachableError.new(Texts.text("problems.slow_store", seconds: LIMIT)), tried_at: now)
      rescue StandardError => e
        Entry.new(error: e, tried_at: now)
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
