# frozen_string_literal: true

require "json"
require "net/http"
require_relative "child_process"
require_relative "process_table"

module Harness
  # The reference app while it serves: asked over HTTP, its processes found by descent.
  class Server < ChildProcess
    class Refused < StandardError; end

    HTML = {"Accept" => "text/html"}.freeze

    # Passwords of the reference app's accounts.
    PASSWORDS = {"admin" => "correct horse", "user" => "battery staple"}.freeze

    attr_reader :address

    def await_boot(seconds: 60)
      # Puma 8 listens on every address of IPv6, and so of IPv4, where it is given none.
      port = await(%r{Listening on http://(?:[\d.]+|\[::\]):(\d+)}, seconds: seconds)[1]
      @address = "http://127.0.0.1:#{port}"
      self.class.poll(seconds, "an answer from #{@address}") { ended? ? raise(Ended, output) : answering? }
    end

    def answering?
      request("get", "/")
    rescue SystemCallError, EOFError, Net::ReadTimeout
      false
    end

    # Any response. `as` names an account of the reference app, or is a name with its password.
    def request(verb, path, as: nil, form: nil, headers: {})
      request = Net::HTTP.const_get(verb.capitalize).new(path, {"Accept" => "application/json", **headers})
      request.basic_auth(*(as.is_a?(Array) ? as : [as, PASSWORDS.fetch(as)])) if as
      request.set_form_data(form) if form
      exchange(request)
    end

    # The committed row; with durable, the store has acknowledged it, too.
    def write(body, durable: false)
      post("/notes", durable ? {body: body, durable: 1} : {body: body})
    end

    def notes = get("/notes")

    def get(path) = answer(Net::HTTP::Get.new(path))

    def post(path, fields)
      request = Net::HTTP::Post.new(path, "Content-Type" => "application/json")
      request.body = JSON.generate(fields)
      answer(request)
    end

    # The server and all that it started, replicators too.
    def pids = [pid, *ProcessTable.read.descendants(pid)]

    def replicators = ProcessTable.read.replicators(pid)

    # Puma's workers; none when it is a single process.
    def workers = ProcessTable.read.workers(pid)

    # The process that supervises the replicator: the master, or a worker.
    def supervisor
      table = ProcessTable.read
      table.replicators(pid).map { |replicator| table.parent(replicator) }.first
    end

    def await_replicator(seconds: 30)
      self.class.poll(seconds, "a replicator under #{pid}") { replicators.first }
    end

    # SIGKILL to every process at once: no clean stop, no last sync. Returns their ids.
    def kill_everything
      return [] if ended?

      pids.each { |process| kill_process(process) }.tap { wait }
    end

    private

    def kill_process(process)
      Process.kill("KILL", process)
    rescue Errno::ESRCH
      nil
    end

    def answer(request)
      response = exchange(request)
      raise Refused, "#{request.method} #{request.path}: #{response.code} #{response.body}" unless response.is_a?(Net::HTTPSuccess)

      JSON.parse(response.body)
    end

    def exchange(request)
      uri = URI(address)
      Net::HTTP.start(uri.host, uri.port, open_timeout: 5, read_timeout: 60) { |http| http.request(request) }
    end
  end
end
