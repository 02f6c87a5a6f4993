# frozen_string_literal: true

module Litestream
  module Commands
    # The one list of options, for the rake tasks and for the methods of Commands. A spec holds it against the options of the
    # executable, so that none is missing on either side.
    # @api private
    module OptionList
      # `name` is the Ruby keyword; `argument` names the value, nil for a flag; `short` is its one letter, if any.
      Option = Struct.new(:name, :argument, :text, :short, keyword_init: true) do
        def flag? = argument.nil?

        # As on the command line: "--if-db-not-exists".
        def long = "--#{name.to_s.tr("_", "-")}"

        # In a line of usage: "[--txid=HEX]".
        def usage = "[#{long}#{"=#{argument}" if argument}]"
      end

      OPTIONS = [
        Option.new(name: :database, argument: "PATH_OR_NAME", text: "A configured database: its path, or its name in database.yml"),
        Option.new(name: :output, argument: "PATH", short: "o", text: "Path of the restored database [default: the database's own]"),
        Option.new(name: :txid, argument: "HEX", text: "The state right after this transaction (16 hexadecimal digits)"),
        Option.new(name: :timestamp, argument: "RFC3339", text: "The state at this moment, such as 2026-11-22T19:57:15Z"),
        Option.new(name: :if_db_not_exists, text: "Do nothing, successfully, if the database exists"),
        Option.new(name: :if_replica_exists, text: "Do nothing, successfully, if nothing was ever replicated"),
        Option.new(name: :dry_run, text: "Print the files that would be read, and write nothing"),
        Option.new(name: :force, text: "Move an existing database aside instead of refusing; it is kept"),
        Option.new(name: :integrity_check, argument: "MODE", text: "SQLite's check of the result: none, quick or full [default: quick]"),
        Option.new(name: :parallelism, argument: "N", text: "Has no effect; downloads are parallel in bounded memory"),
        Option.new(name: :level, argument: "LEVEL", text: "0 to 9, or all [default: 0]"),
        Option.new(name: :timeout, argument: "SECONDS", text: "Longest wait"),
        Option.new(name: :config, argument: "PATH", text: "The configuration file [default: config.litestream.config_path]"),
        Option.new(name: :json, text: "Print JSON")
      ].to_h { |option| [option.name, option] }.freeze

      COMMANDS = {
        env: %i[json],
        replicate: %i[config],
        restore: %i[database output txid timestamp if_db_not_exists if_replica_exists dry_run force integrity_check parallelism
                    config json],
        prepare: %i[database config json],
        databases: %i[config json],
        generations: %i[database config json],
        snapshots: %i[database config json],
        ltx: %i[database level config json],
        wal: %i[database level config json],
        sync: %i[database timeout config json],
        status: %i[database config json],
        verify: %i[database timeout config json]
      }.freeze

      # A method of Commands takes the database as its argument, and returns Ruby values.
      TASK_ONLY = %i[database json].freeze
      private_constant :OPTIONS, :COMMANDS, :TASK_ONLY

      module_function

      # @return [Array<Symbol>] the commands that are rake tasks
      def commands = COMMANDS.keys

      # @return [Array<Option>] the options of a command's rake task
      def of_task(command) = OPTIONS.values_at(*COMMANDS.fetch(command))

      # @return [Array<Option>] the options of a command's method
      def of_method(command) = OPTIONS.values_at(*(COMMANDS.fetch(command) - TASK_ONLY))

      # @return [String] "-- [--database=PATH_OR_NAME] [--json]"
      def usage(command) = ["--", *of_task(command).map(&:usage)].join(" ")
    end
  end
end
