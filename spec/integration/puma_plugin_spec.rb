# frozen_string_literal: true

require "spec_helper"

# Fault 5: a plugin that loses sight of its process, or breaks on another version of Puma.
RSpec.describe "plugin :litestream in config/puma.rb", :integration do
  let(:plugged) do
    app.tap do |app|
      File.delete(File.join(app.root, "config/initializers/litestream_in_process.rb"))
      app.write("config/puma.rb", "#{app.read("config/puma.rb")}\nplugin :litestream\n")
    end
  end

  { "a single process" => {}, "a cluster" => { workers: 2 }, "a cluster that preloads" => { workers: 2, preload: true },
    "rails server" => { argv: %w[bin/rails server] } }.each do |name, options|
    it "replicates beside #{name}, and ends with it" do
      server = boot(plugged, **options)
      server.write("one", durable: true)
      replicators = server.replicators
      expect(replicators.size).to eq 1
      server.stop
      poll("the end of the replicator") { !alive?(replicators[0]) }
    end
  end

  it "is the same as the initializer, so both make one" do
    app.write("config/puma.rb", "#{app.read("config/puma.rb")}\nplugin :litestream\n")
    server = boot(app)
    server.write("one", durable: true)
    expect(server.replicators.size).to eq 1
  end
end
