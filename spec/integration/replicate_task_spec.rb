# frozen_string_literal: true

require "spec_helper"

RSpec.describe "rails litestream:replicate", :integration do
  task = %w[bin/rails litestream:replicate]

  it "replicates until SIGTERM, and then once more" do
    process = start(app, task)
    replicator = process.await_replicator
    app.rails!("runner", "Note.create!(body: 'the last')")
    process.stop

    expect(alive?(replicator)).to be(false)
    app.lose_disk
    app.rails!("litestream:restore", "--", "--database=primary")
    expect(app.rails!("runner", "print Note.pluck(:body)").out).to eq('["the last"]')
  end

  it "stands by beside a server that replicates, as a Procfile may start both" do
    server = boot
    server.await_replicator
    process = start(app, task)
    sleep 3
    expect(process.replicators).to be_empty

    server.stop
    process.await_replicator
  end

  it "ends with the status of missing variables in production" do
    process = start(app, task, without: Harness::S3Server::REQUIRED)

    expect(process.wait.exitstatus).to eq(2)
    expect(process.output).to include(*Harness::S3Server::REQUIRED)
  end

  it "waits in development without variables: the end of one process of a Procfile is the end of all" do
    process = start(new_app(mode: "development"), task)
    process.await(/replication is disabled/)
    sleep 1

    expect(process.ended?).to be(false)
    expect(process.stop).to be_success
  end

  it "reads the file that LITESTREAM_CONFIG names" do
    FileUtils.mv(File.join(app.root, "config/litestream.yml"), File.join(app.root, "elsewhere.yml"))
    process = start(app, task, variables: { "LITESTREAM_CONFIG" => "elsewhere.yml" })

    process.await_replicator
  end
end
