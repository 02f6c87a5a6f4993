# frozen_string_literal: true

module Litestream
  module Tasks
    # An array of hashes as aligned columns. A column is there if any row has it.
    class Table
      def initialize(rows)
        @rows = rows
      end

      # A line of names, then a line for each row; the empty string without rows.
      def to_s
        return "" if @rows.empty?

        columns = @rows.flat_map(&:keys).uniq.map { |name| [name, *@rows.map { |row| row[name].to_s }] }
        padded = columns.map { |column| column.map { |cell| cell.ljust(column.map(&:length).max) } }
        padded.transpose.map { |cells| cells.join("  ").rstrip }.join("\n")
      end
    end
  end
end
