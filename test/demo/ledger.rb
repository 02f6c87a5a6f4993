# frozen_string_literal: true

module Demo
  # The app's answers to its client about each row.
  #
  # Committed: the app answered 201, so SQLite committed the row. Acknowledged: the app said so after the store had
  # acknowledged the row (`Litestream.sync!`); every row committed before such a request began is acknowledged, too.
  class Ledger
    attr_reader :committed, :acknowledged

    def initialize
      @committed = {}
      @acknowledged = {}
    end

    def commit(row) = @committed[row.fetch("id")] = row.fetch("body")

    def acknowledge = @acknowledged = @committed.dup

    def unacknowledged = @committed.except(*@acknowledged.keys)

    # Compares with the rows that the app has after its recovery.
    def missing_from(rows)
      present = rows.to_h { |row| [row.fetch("id"), row.fetch("body")] }
      {acknowledged: @acknowledged.count { |id, body| present[id] != body },
       unacknowledged: unacknowledged.count { |id, body| present[id] != body }}
    end
  end
end
