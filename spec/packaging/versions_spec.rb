# frozen_string_literal: true

RSpec.describe "the version" do
  it "is one in the gem, the extension and the workspace" do
    manifest = File.read(File.join(Commands::ROOT, "Cargo.toml"))
    expect(manifest[/^version = "(.+)"/, 1]).to eq Litestream::VERSION
    expect(Litestream::Native.version).to eq Litestream::VERSION
  end
end
