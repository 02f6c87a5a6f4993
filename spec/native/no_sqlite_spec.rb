# frozen_string_literal: true

# sqlite3-ruby carries its own copy. A second one in the same process on the same file loses its locks.
RSpec.describe "the extension" do
  it "links no SQLite" do
    dependents = run!("cargo", "tree", "--locked", "-p", "litestream-ext", "-e", "normal", "--prefix", "none")
    expect(dependents).to include("litestream-core").and(not_include("sqlite"))

    symbols = run!("nm", "--dynamic", "lib/litestream/litestream_native.#{RbConfig::CONFIG["DLEXT"]}")
    expect(symbols).to include("Init_litestream_native").and(not_include("sqlite3_"))
  end

  it "starts no thread when loaded" do
    script = 'require "litestream"; print Dir["/proc/self/task/*"].size - before'
    before = 'require "rubygems"; before = Dir["/proc/self/task/*"].size; '
    expect(run!(RbConfig.ruby, "-I", "lib", "-e", before + script)).to eq "0"
  end
end
