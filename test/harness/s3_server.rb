# frozen_string_literal: true

require "json"
require "net/http"
require_relative "child_process"

module Harness
  # The test kit's S3 server on a free port of this machine, with one bucket.
  class S3Server
    BUCKET = "libreverse"
    ACCESS_KEY_ID = "test-access-key-id"
    SECRET_ACCESS_KEY = "test-secret-access-key"
    # The variables without which a server in production does not boot.
    REQUIRED = %w[LITESTREAM_REPLICA_BUCKET LITESTREAM_ACCESS_KEY_ID LITESTREAM_SECRET_ACCESS_KEY].freeze

    def self.executable
      target = ENV["CARGO_TARGET_DIR"] || File.expand_path("../../target", __dir__)
      ENV["LITESTREAM_S3_SERVER"] || File.join(target, "debug", "litestream-s3")
    end

    attr_reader :address

    # Keeps its objects in a folder of `directory`.
    def initialize(directory, port: 0)
      @directory = directory
      start(port)
    end

    # The variables that an operator sets for the app.
    def environment
      {
        "LITESTREAM_REPLICA_BUCKET" => BUCKET,
        "LITESTREAM_ACCESS_KEY_ID" => ACCESS_KEY_ID,
        "LITESTREAM_SECRET_ACCESS_KEY" => SECRET_ACCESS_KEY,
        "LITESTREAM_REPLICA_ENDPOINT" => address
      }
    end

    def stop = @process.kill

    # At the same address, with what it had.
    def restart = start(URI(address).port)

    # Keys of all objects, in order.
    def keys = JSON.parse(control("Get", "objects/#{BUCKET}")).map { |object| object.fetch("key") }

    # As an operator with access to the bucket does.
    def delete(key) = control("Delete", "objects/#{BUCKET}/#{key}")

    # Number of listings.
    def listings = JSON.parse(control("Get", "counts")).fetch("ListObjectsV2").fetch("requests")

    # Slows every such operation from here on.
    def delay(operation, seconds:)
      control("Post", "faults", {operation: operation, effect: {delay_milliseconds: seconds * 1000}})
    end

    # Every such operation is answered with this HTTP status and S3's error for it from here on.
    def refuse(operation, status:)
      control("Post", "faults", {operation: operation, effect: {status: status}})
    end

    private

    # It ends with this process, however this process ends: its standard input is closed then.
    def start(port)
      input, @lifeline = IO.pipe
      @process = ChildProcess.new(ChildProcess.clean_environment, self.class.executable, "--until-stdin-ends",
        "--listen", "127.0.0.1:#{port}", "--bucket", BUCKET, "--access-key-id", ACCESS_KEY_ID, "--secret-access-key", SECRET_ACCESS_KEY,
        "--dir", File.join(@directory, "s3"), chdir: @directory, log: File.join(@directory, "s3.log"), input: input)
      input.close
      @address = @process.await(%r{http://[\d.]+:\d+}, seconds: 10)[0]
    end

    def control(verb, path, body = nil)
      uri = URI("#{address}/_testkit/#{path}")
      request = Net::HTTP.const_get(verb).new(uri)
      request.body = JSON.generate(body) if body
      answer = Net::HTTP.start(uri.host, uri.port) { |http| http.request(request) }
      answer.is_a?(Net::HTTPSuccess) ? answer.body : raise("#{verb} #{uri}: status #{answer.code}")
    end
  end
end
