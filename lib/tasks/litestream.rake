# frozen_string_literal: true

require "litestream/cli/option_list"
require "litestream/cli/rake/command_line"

Litestream::Tasks::CommandLine.strike_from(Rake.application.top_level_tasks)

# Options follow `--`: rails litestream:restore -- --database=storage/production.sqlite3
namespace :litestream do
  # Sets the configuration without booting the application: an initializer that connects would create the very database
  # that is to be restored.
  task :configuration do
    require "litestream/cli/rake/tasks"
    Litestream::Tasks.load_configuration(Rails.application)
  end

  {
    env: "Print which variables are set, and where each value comes from; never a secret",
    replicate: "Replicate in the foreground, for Procfile.dev",
    restore: "Restore a database",
    prepare: "Before db:prepare: restore every configured database that is missing and has a replica; fail if that cannot be known",
    databases: "List the databases in litestream.yml and their replicas",
    generations: "List the runs of transactions that can be restored",
    snapshots: "List the snapshots of a database",
    ltx: "List the files of a replica",
    wal: "List the files of a replica in the columns of Litestream 0.3",
    sync: "Wait until everything committed is in the store; of all databases without --database",
    status: "Print how far each database is replicated",
    verify: "Prove that the replica restores to the live database; of all databases without --database"
  }.each do |name, text|
    desc "#{text}: #{Litestream::Commands::OptionList.usage(name)}"
    task(name => :configuration) { Litestream::Tasks.run(name) }
  end
end
