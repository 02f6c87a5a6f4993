# frozen_string_literal: true

require "spec_helper"

# Fault 10: an entrypoint that turns an outage of the store into an empty database.
RSpec.describe "rails litestream:prepare", :integration do
  def prepare(**options) = app.rails("litestream:prepare", **options)

  def replicate_and_lose
    server = boot
    server.write("one", durable: true)
    server.kill_everything
    app.lose_disk
  end

  it "restores what is missing, before db:prepare" do
    replicate_and_lose
    expect(prepare).to have_attributes(exit_status: 0, out: /production.sqlite3: restored to TXID/)
    app.rails!("db:prepare")
    expect(boot.notes.map { |note| note["body"] }).to eq ["one"]
    expect(prepare.out).to include("production.sqlite3: nothing to do: the database exists")
  end

  it "lets a first deployment begin" do
    app.lose_disk
    expect(prepare).to have_attributes(exit_status: 0, out: /nothing has been replicated yet/)
    expect(Dir[File.join(app.root, "storage/*")]).to be_empty
  end

  it "never begins beside a replica of Litestream 0.3" do
    app.lose_disk
    app.write("config/litestream.yml", "dbs: [{ path: storage/production.sqlite3, replica: { type: file, path: replica } }]")
    app.write("replica/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4", "")

    expect(prepare).to have_attributes(exit_status: 13, err: /litestream:prepare: .*Litestream 0\.3/)
    expect(Dir[File.join(app.root, "storage/*")]).to be_empty
  end

  it "fails while the store cannot be reached or refuses, and creates nothing" do
    replicate_and_lose
    expect(prepare(variables: { "LITESTREAM_SECRET_ACCESS_KEY" => "wrong" })).to have_attributes(exit_status: 4, out: "")
    expect(prepare(without: ["LITESTREAM_REPLICA_BUCKET"])).to have_attributes(exit_status: 2)
    store.stop
    expect(prepare).to have_attributes(exit_status: 4, err: /litestream:prepare: .*reach/)
    expect(Dir[File.join(app.root, "storage/*")]).to be_empty
  end

  it "does nothing where replication is switched off" do
    switched_off = new_app
    switched_off.write("config/initializers/litestream.rb", "Rails.application.config.litestream.enabled = false")
    expect(switched_off.rails!("litestream:prepare").out).to include("replication is off")
  end

  it "does nothing in development without a replica" do
    development = new_app(mode: "development")
    expect(development.rails!("litestream:prepare").out).to include("replication is off")
  end
end
