# frozen_string_literal: true

module Harness
  # A process that a test or the demo started: its output goes to a file, it ends by its pid.
  class ChildProcess
    class Ended < StandardError; end
    class TooLate < StandardError; end

    # The environment of the test run, without its Bundler and without its own replica settings.
    def self.clean_environment
      environment = defined?(Bundler) ? Bundler.unbundled_env : ENV.to_h
      environment.reject { |name, _| name.start_with?("LITESTREAM_", "RAILS_", "BUNDLE_") || name == "AWS_CA_BUNDLE" }
    end

    def self.poll(seconds, what)
      deadline = now + seconds
      until (value = yield)
        raise TooLate, "#{what} did not happen within #{seconds} s" if now > deadline

        sleep 0.05
      end
      value
    end

    def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    attr_reader :pid, :log, :status

    def initialize(environment, *argv, chdir:, log:, input: File::NULL)
      @argv = argv
      @log = log
      @pid = Process.spawn(environment, *argv, chdir: chdir, out: [log, "w"], err: %i[child out],
        unsetenv_others: true, close_others: true, in: input)
    end

    def output = File.read(log)

    # Waits for a line of output and returns the match.
    def await(pattern, seconds: 60)
      self.class.poll(seconds, "#{pattern.inspect} in the output of #{@argv.join(" ")}") do
        output.match(pattern) || (ended? && raise(Ended, "#{@argv.join(" ")} ended (#{status}):\n#{output}"))
      end
    end

    def signal(name)
      Process.kill(name, pid) unless ended?
    end

    def ended?
      return true if status

      _, @status = Process.wait2(pid, Process::WNOHANG)
      !status.nil?
    end

    def wait(seconds: 60)
      self.class.poll(seconds, "the end of #{@argv.join(" ")}") { ended? }
      status
    end

    # As a platform stops a process: SIGTERM, and SIGKILL for one that does not end. (Puma 8.0 on Ruby 3.3 sometimes
    # hangs in closing its own pipe after SIGTERM, 6 times in 40 when it was measured.)
    def stop(timeout: 20)
      signal("TERM")
      wait(seconds: timeout)
    rescue TooLate
      kill
    end

    def kill
      signal("KILL")
      wait
    end
  end
end
