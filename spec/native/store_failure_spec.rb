# frozen_string_literal: true

require "socket"
require "timeout"

RSpec.describe Litestream, "with a store that fails" do
  include_context "with a replicated database"

  def replicate_to(endpoint)
    site.configuration.replica_key_id = "key"
    site.configuration.replica_access_key = "secret"
    site.write("config/litestream.yml", <<~YAML)
      dbs: [{ path: app.sqlite3, replica: { type: s3, bucket: backups, path: app, endpoint: "#{endpoint}" } }]
    YAML
  end

  def listening
    server = TCPServer.new("127.0.0.1", 0)
    yield "http://127.0.0.1:#{server.addr[1]}"
  ensure
    server.close
  end

  it "interrupts a restore from a store that does not answer, and leaves nothing behind" do
    listening do |endpoint|
      replicate_to(endpoint)
      before = Dir.children(site.root)
      expect { Timeout.timeout(0.5) { Litestream::Commands.restore("app.sqlite3", output: "copy.sqlite3") } }.to raise_error(Timeout::Error)
      expect(Dir.children(site.root)).to match_array before
    end
  end

  it "distinguishes a store that cannot be reached from an absent replica" do
    closed = listening { |endpoint| endpoint }
    replicate_to(closed)
    expect { Litestream::Commands.restore("app.sqlite3", output: "copy.sqlite3", if_replica_exists: true) }
      .to raise_error(Litestream::UnreachableError) { |error| expect(error).to have_attributes(exit_status: 4, retryable?: true) }
    expect { Litestream::Commands.generations("app.sqlite3") }.to raise_error(Litestream::UnreachableError)
  end
end
