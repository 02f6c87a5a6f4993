# frozen_string_literal: true

require "spec_helper"

RSpec.describe "The engine litestream", :integration do
  let(:official) { official_litestream("0.5.17") }
  let(:app) do
    variables = { "LIBREVERSE_LITESTREAM_ENGINE" => "litestream", "LITESTREAM_INSTALL_DIR" => File.dirname(official) }
    new_app(variables: store.environment.merge(variables)).tap { |app| app.rails!("db:migrate") }
  end

  it "replicates with the official executable; the native engine restores and continues that replica" do
    server = boot(app)
    expect(Harness::ProcessTable.read.command(server.await_replicator)).to start_with(official)
    server.write("by the official engine", durable: true)
    server.stop
    app.lose_disk
    app.rails!("litestream:restore", "--", "--database=primary")

    native = boot(app, variables: { "LIBREVERSE_LITESTREAM_ENGINE" => "native" })
    native.write("by the native engine", durable: true)
    app.rails!("litestream:verify")
    expect(native.notes.map { |row| row.fetch("body") }).to eq(["by the official engine", "by the native engine"])
  end

  it "keeps the server from booting where the executable is missing, and says where it looked" do
    app = new_app(variables: store.environment.merge("LIBREVERSE_LITESTREAM_ENGINE" => "litestream",
                                                     "LITESTREAM_INSTALL_DIR" => "/nonexistent", "PATH" => bare_path))
    app.rails!("db:migrate")
    server = start(app)

    expect(server.wait).not_to be_success
    expect(server.output).to include("/nonexistent")
  end

  # Ruby's programs and no litestream.
  def bare_path = ENV.fetch("PATH").split(":").reject { |folder| File.exist?(File.join(folder, "litestream")) }.join(":")
end
