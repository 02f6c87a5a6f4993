# frozen_string_literal: true

# The replicator starts with the server and ends with it. Console, runner, rake and tests never start one.
Litestream.start_in_process
