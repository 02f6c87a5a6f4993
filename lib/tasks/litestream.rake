# frozen_string_literal: true

require "litestream/cli/rake/arguments"

Litestream::Tasks::Arguments.strike_from(Rake.application.top_level_tasks)

# Arguments follow `--`: rails litestream:restore -- --database=storage/production.sqlite3
namespace :litestream do
  # Sets the configuration without booting the application: an initializer that connects would create the very database
  # that is to be restored.
  task :configuration do
    require "litestream/cli/rake/tasks"
    Litestream::Tasks.load_configuration(Rails.application)
  end

  desc "Which variables are set, and where each value comes from; never a secret [--json]"
  task(env: :configuration) { Litestream::Tasks.run(:env) }

  desc "Replicate in the foreground, for Procfile.dev"
  task(replicate: :configuration) { Litestream::Tasks.run(:replicate) }

  desc "Restore a database: -- --database=PATH_OR_NAME [-o PATH] [--timestamp=RFC3339] [--txid=HEX] [--if-db-not-exists] " \
       "[--if-replica-exists] [--force] [--json]"
  task(restore: :configuration) { Litestream::Tasks.run(:restore) }

  desc "Before db:prepare: restore every configured database that is missing and has a replica; fail if that cannot be known [--json]"
  task(prepare: :configuration) { Litestream::Tasks.run(:prepare) }

  desc "The databases in litestream.yml and their replicas [--json]"
  task(databases: :configuration) { Litestream::Tasks.run(:databases) }

  desc "Runs of transactions that can be restored: -- --database=PATH_OR_NAME [--json]"
  task(generations: :configuration) { Litestream::Tasks.run(:generations) }

  desc "Snapshots of a database: -- --database=PATH_OR_NAME [--json]"
  task(snapshots: :configuration) { Litestream::Tasks.run(:snapshots) }

  desc "Files of a replica: -- --database=PATH_OR_NAME [--level=0-9] [--json]"
  task(ltx: :configuration) { Litestream::Tasks.run(:ltx) }

  desc "Files of a replica in the columns of Litestream 0.3: -- --database=PATH_OR_NAME [--json]"
  task(wal: :configuration) { Litestream::Tasks.run(:wal) }

  desc "Wait until everything committed is in the store [--database=PATH_OR_NAME; all without] [--timeout=SECONDS] [--json]"
  task(sync: :configuration) { Litestream::Tasks.run(:sync) }

  desc "How far each database is replicated [--database=PATH_OR_NAME] [--json]"
  task(status: :configuration) { Litestream::Tasks.run(:status) }

  desc "Prove that the replica restores to the live database [--database=PATH_OR_NAME; all without] [--timeout=SECONDS] [--json]"
  task(verify: :configuration) { Litestream::Tasks.run(:verify) }
end
