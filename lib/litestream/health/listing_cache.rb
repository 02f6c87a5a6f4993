# frozen_string_literal: true

require "timeout"
require_relative "../background/pool"

module Litestream
  module Health
    # The content of each replica as this process saw it last. Replicas are listed in the background. However slow a store is, a
    # page waits for all of them together no longer than PAGE_TIMEOUT, and gets what was known last.
    # @api private
    class ListingCache
      # Seconds for which a listing is fresh. One listing is ten requests.
      FRESH = 60
      # Seconds after which a replica is listed again that could not be listed, or that lacks something that may be about to come.
      RETRY = 10
      # So many replicas are listed that often; of more, each is listed less often, so that all together cost no more.
      OFTEN = 20
      # Seconds that a page waits for listings.
      PAGE_TIMEOUT = 2.0
      # Seconds that a store may take for one listing.
      STORE_TIMEOUT = 15
      # The most listings at once.
      THREADS = 4
      private_constant :FRESH, :RETRY, :OFTEN, :PAGE_TIMEOUT, :STORE_TIMEOUT, :THREADS

      # `inventory`: an Inventory; nil before the first answer. `claimed`: the TXID up to which the replicator had reported the store
      # complete, before that was listed. `error`: the reason why there is no newer one. `awaited`: the first is under way.
      Entry = Struct.new(:inventory, :claimed, :listed_at, :error, :tried_at, :awaited, keyword_init: true) do
        # True where neither the state of this TXID nor a newer one can be restored.
        def lacks?(txid) = inventory && txid ? inventory.newest.to_s < txid : false

        # True where something cannot be restored that was to be there, or nothing can yet.
        def short? = lacks?(claimed) || (inventory ? inventory.unreachable? || inventory.newest.nil? : false)
      end

      # The one of this process.
      def self.shared
        @shared ||= new
      end

      def initialize
        @lock = Mutex.new
        @changed = ConditionVariable.new
        @pool = Background::Pool.new(threads: THREADS, name: "litestream listing")
        forget
      end

      # Lists the databases for which that is due, and returns what is known of all of them.
      # @param claims [Hash] by path, the TXID up to which the replicator reported the store complete before this call
      # @return [Hash{String => Entry}] by path
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

      # Forgets a listing, since something was changed. An answer that is under way may be from before the change.
      def expire(database)
        @lock.synchronize do
          @entries.delete(database.path)
          @stale[database.path] = true if @under_way[database.path]
        end
      end

      private

      # A forked process has no part in what was under way.
      def forget
        @pid = Process.pid
        @entries = {}
        @queued = []
        @under_way = {}
        @stale = {}
      end

      # Each post takes the first of the queue, which may be another one by then.
      def list(database, claimed)
        return if @under_way[database.path]

        @under_way[database.path] = true
        @queued << [database, claimed]
        @pool.post { list_next }
      end

      # `share`: the multiple of the usual time for which an answer is good.
      def due?(entry, share)
        entry.nil? || now - entry.tried_at > (entry.error || entry.short? ? RETRY : FRESH) * share
      end

      # A page about one database does not wait for all others.
      def hurry(database)
        @queued = @queued.partition { |queued, _| queued.path == database.path }.flatten(1)
      end

      def await
        deadline = now + PAGE_TIMEOUT
        @changed.wait(@lock, [deadline - now, 0].max) until yield || now > deadline
      end

      def list_next
        database, claimed = @lock.synchronize { @queued.shift }
        return unless database

        entry = ask(database, claimed)
        @lock.synchronize { keep(database, entry, claimed) }
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
        found = ::Timeout.timeout(STORE_TIMEOUT) { database.inventory }
        Entry.new(inventory: found, claimed: claimed, listed_at: Time.now, tried_at: now)
      rescue ::Timeout::Error
        Entry.new(error: UnreachableError.new(Translations.text("problems.slow_store", seconds: STORE_TIMEOUT)), tried_at: now)
      rescue StandardError => e
        Entry.new(error: e, tried_at: now)
      end

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
