# frozen_string_literal: true

require "timeout"

module Litestream
  module Health
    # What lies in each replica, for this process: asked for in the background, kept for a while. However slow a store is, a page
    # waits for all of them together no longer than PATIENCE, and gets what was known last.
    class ListingCache
      # Seconds: how long a listing is fresh, how soon one is tried again that failed or lacks something, which may be about to
      # come, how long a page waits, how long a store may take. A listing is ten requests.
      FRESH = 60
      RETRY = 10
      # So many replicas are listed that often; of more, each is listed less often, so that all together cost no more.
      OFTEN = 20
      PATIENCE = 2.0
      LIMIT = 15
      # Threads, which end when there is nothing to list.
      THREADS = 4
      private_constant :FRESH, :RETRY, :OFTEN, :PATIENCE, :LIMIT, :THREADS

      # `inventory`: an Inventory; nil before the first answer. `claimed`: the TXID up to which the replicator had said that the
      # store has everything, before that was listed. `error`: why there is no newer one. `awaited`: the first is under way.
      Entry = Struct.new(:inventory, :claimed, :listed_at, :error, :tried_at, :awaited, keyword_init: true) do
        # Whether the state of a TXID, or a newer one, cannot be restored.
        def lacks?(txid) = inventory && txid ? inventory.newest.to_s < txid : false

        # Whether something cannot be restored that was to be there, or nothing can yet.
        def short? = lacks?(claimed) || (inventory ? inventory.unreachable? || inventory.newest.nil? : false)
      end

      # The one of this process.
      def self.shared
        @shared ||= new
      end

      def initialize
        @lock = Mutex.new
        @changed = ConditionVariable.new
        forget
      end

      # Entries by path; for `databases`, which are listed where that is due. `claims`: by path, up to which TXID the replicator
      # says, before this call, that the store has everything.
      def of(databases, claims = {})
        @lock.synchronize do
          forget unless @pid == Process.pid
          due = databases.select { |database| due?(@entries[database.path], [1.0, databases.size.fdiv(OFTEN)].max) }
          due.each { |database| list(database, claims[database.path]) }
          hurry(databases.first) if databases.one?
          await { databases.all? { |database| @entries[database.path] } }
          databases.to_h { |database| [database.path, @entries.fetch(database.path) { Entry.new(awaited: true) }] }
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

      def list(database, claimed)
        return if @under_way[database.path]

        @under_way[database.path] = true
        @waiting << [database, claimed]
        return if @threads == THREADS

        @threads += 1
        Thread.new { work }
      end

      # `share`: how many times as long as usual an answer is good.
      def due?(entry, share)
        entry.nil? || now - entry.tried_at > (entry.error || entry.short? ? RETRY : FRESH) * share
      end

      # A page about one database does not wait for all others.
      def hurry(database)
        @waiting = @waiting.partition { |waiting, _| waiting.path == database.path }.flatten(1)
      end

      def await
        deadline = now + PATIENCE
        @changed.wait(@lock, [deadline - now, 0].max) until yield || now > deadline
      end

      def work
        while (database, claimed = next_database)
          entry = ask(database, claimed)
          @lock.synchronize { keep(database, entry, claimed) }
        end
      end

      def next_database
        @lock.synchronize { @waiting.shift || ((@threads -= 1) && nil) }
      end

      def keep(database, entry, claimed)
        known = @entries[database.path]
        entry = Entry.new(**known.to_h, **entry.to_h.slice(:error, :tried_at)) if entry.error && known
        @under_way.delete(database.path)
        return list(database, claimed) if @stale.delete(database.path)

        @entries[database.path] = entry
        @changed.broadcast
      end

      def ask(database, claimed)
        found = ::Timeout.timeout(LIMIT) { database.inventory }
        Entry.new(inventory: Inventory.new(found), claimed: claimed, listed_at: Time.now, tried_at: now)
      rescue ::Timeout::Error
        Entry.new(error: UnreachableError.new(Translations.text("problems.slow_store", seconds: LIMIT)), tried_at: now)
      rescue StandardError => e
        Entry.new(error: e, tried_at: now)
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
