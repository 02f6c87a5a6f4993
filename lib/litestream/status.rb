# frozen_string_literal: true

require "time"

module Litestream
  # The state of replication, as the replicator reports it over its control socket.
  # @api private
  class Status
    # Seconds that the answer may take.
    ANSWER_TIMEOUT = 5.0
    private_constant :ANSWER_TIMEOUT

    # @param config [Native::Config]
    def initialize(config)
      @config = config
    end

    # @return [Hash] pid, status ("running", "stopped", or "unknown" where the control socket is disabled), started (a Time), version
    def process
      info = control.info
      { pid: info["pid"], status: "running", started: Time.iso8601(info["started_at"]), version: info["version"] }
    rescue NotRunningError, SwitchedOff => e
      { pid: nil, status: e.is_a?(SwitchedOff) ? "unknown" : "stopped", started: nil, version: nil }
    end

    # @return [Array<Hash>] one per configured database, with string keys
    # @raise [NotRunningError] where no replicator answers
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
      Native::Control.new(socket, ANSWER_TIMEOUT)
    end
  end
end
