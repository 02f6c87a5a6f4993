# frozen_string_literal: true

module Demo
  # The output of the demo: numbered steps, and their figures beneath.
  class Report
    def initialize(out = $stdout)
      @out = out
      @out.sync = true
      @step = 0
    end

    # Prints the step, yields, and prints how long it took.
    def step(title)
      @out.puts "\n#{@step += 1}. #{title}"
      began = Harness::ChildProcess.now
      result = yield
      @out.puts format("   %.1f s", Harness::ChildProcess.now - began)
      result
    end

    def say(text) = @out.puts("   #{text}")
  end
end
