# frozen_string_literal: true

require_relative "../../../test/harness/node_modules"

# Findings of axe-core on a page: WCAG 2.2 A and AA, and its own best practices.
module Accessibility
  AXE = File.join(Harness::NodeModules.path, "axe-core", "axe.min.js")
  private_constant :AXE

  Violation = Struct.new(:rule, :help, :nodes) do
    def to_s = "#{rule}: #{help}\n#{nodes.map { |node| "  #{node}" }.join("\n")}"
  end

  def self.violations(page)
    page.execute_script(File.read(AXE)) unless page.evaluate_script("'axe' in window")
    found = page.evaluate_async_script("axe.run(document).then(arguments[0], error => arguments[0]({ violations: [{ id: 'axe', " \
                                       "help: String(error), nodes: [] }] }))")
    found["violations"].map { |v| Violation.new(v["id"], v["help"], v["nodes"].map { |node| "#{node["html"]} #{node["failureSummary"]}" }) }
  end
end

RSpec::Matchers.define :be_accessible do
  match { |page| (@violations = Accessibility.violations(page)).empty? }
  failure_message { "expected the page to be accessible, but\n#{@violations.join("\n")}" }
end
