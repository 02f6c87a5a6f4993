# frozen_string_literal: true

# Rails 7.1 and later open SQLite in WAL mode by themselves; before that, every new connection is set here.
if ActiveRecord.version < Gem::Version.new("7.1")
  ActiveSupport.on_load(:active_record_sqlite3adapter) do
    prepend(Module.new do
      private

      def configure_connection
        super
        execute("PRAGMA journal_mode = WAL", "SCHEMA")
        execute("PRAGMA synchronous = NORMAL", "SCHEMA")
      end
    end)
  end
end
