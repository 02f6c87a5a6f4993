# frozen_string_literal: true

require "time"

module Litestream
  # How replication stands, as the replicator tells over its control socket.
  class Status
    # How long (seconds) it may take to answer.
    PATIENCE = 5.0
    private_constant :PATIENCE

    # `config`: a Native::Config.
    def initialize(config)
      @config = config
    end

    # pid, status ("running", "stopped", or "unknown" where the control socket is disabled), started (a Time), version.
    def process
      info = control.info
      { pid: info["pid"], status: "running", started: Time.iso8601(info["started_at"]), version: info["version"] }
    rescue NotRunningError, SwitchedOff => e
      { pid: nil, status: e.is_a?(SwitchedOff) ? "unknown" : "stopped", started: nil, version: nil }
    end

    # One hash per configured database. Raises NotRunningError when no replicator answers.
    def databases
      known = control.list["databases"].to_h { |database| [database["path"], OfficialEngine.complete(database)] }
      @config.databases.map do |database|
        known.fetch(database.path) { { "path" => database.path, "status" => "not replicated", "error" => nil } }
      end
    end

    # The control socket is disabled in litestream.yml.
    class SwitchedOff < ConfigurationError
    end

    private

    def control
      socket = @config.socket or raise SwitchedOff, "socket.enabled is false, so the replicator cannot be asked"
      Native::Control.new(socket, PATIENCE)
    end
  end
end
