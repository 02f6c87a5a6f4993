# frozen_string_literal: true

# One process, unless WEB_CONCURRENCY asks for workers; PRELOAD_APP=true loads the app before they are forked.
max_threads = Integer(ENV.fetch("RAILS_MAX_THREADS", 5))
threads max_threads, max_threads

environment ENV.fetch("RAILS_ENV", "development")
bind "tcp://#{ENV.fetch("BINDING", "127.0.0.1")}:#{ENV.fetch("PORT", 3000)}"
pidfile ENV["PIDFILE"] if ENV["PIDFILE"]

worker_count = Integer(ENV.fetch("WEB_CONCURRENCY", 0))
if worker_count.positive?
  workers worker_count
  preload_app!(ENV["PRELOAD_APP"] == "true")
end

# A request that hangs must not use up the time that the platform gives us to end: the replicator's last sync comes after it.
force_shutdown_after 5
