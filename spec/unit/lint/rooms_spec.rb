# frozen_string_literal: true

require "fileutils"
require "tmpdir"
require_relative "../../../bin/lint/rooms/crate"
require_relative "../../../bin/lint/rooms/judge"

RSpec.describe Rooms::Judge do
  around { |example| Dir.mktmpdir { |root| (@root = root) && example.run } }

  # Faults of a crate of these files, `lib` being its root.
  def faults(files, order: %w[lib upper lower], **options)
    files = { "lib.rs" => "", "upper.rs" => "pub struct Upper;", "lower.rs" => "pub struct Lower;" }.merge(files)
    files.each do |name, text|
      path = File.join(@root, "src", name)
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, text)
    end
    described_class.new(Rooms::Crate.new(@root), order, **options).faults
  end

  it "accepts imports that lead down" do
    expect(faults({ "upper.rs" => "use crate::lower::Lower;" })).to be_empty
  end

  ["use crate::upper::Upper;", "use super::upper::Upper;", "use super::{upper};\nfn f() { upper::g() }",
   "fn f() -> crate::upper::Upper { todo }", "use crate::{lower, upper::{self as u, Upper}};",
   "pub(crate) use crate::upper::Upper;"].each do |code|
    it "finds an import that leads up: #{code}" do
      expect(faults({ "lower.rs" => code })).to include(/\Alower.rs:\d imports upper.rs: lower is below upper\z/)
    end
  end

  it "sees through re-exports to the file that defines a name" do
    facade = "pub use upper::Upper;\npub use lower::*;"
    expect(faults({ "lib.rs" => facade, "lower.rs" => "use crate::Upper;" })).to eq(
      ["lower.rs:1 imports upper.rs: lower is below upper"]
    )
  end

  it "counts no comments, no strings and nothing of tests" do
    code = <<~RUST
      //! As [`crate::upper::Upper`].
      const TEXT: &str = "use crate::upper::Upper;";
      #[cfg(test)]
      mod tests {
          use crate::upper::Upper;
      }
      #[cfg(test)]
      mod more;
    RUST
    expect(faults({ "lower.rs" => code, "lower/more.rs" => "use crate::upper::Upper;" })).to be_empty
  end

  it "finds a circle of files within a room, and names the imports that tie it" do
    files = { "lower/a.rs" => "use super::b::B;\npub struct A;", "lower/b.rs" => "\nuse super::a::A;\npub struct B;" }
    expect(faults(files)).to eq(
      ["circle between files\n  lower/a.rs:1 imports lower/b.rs\n  lower/b.rs:2 imports lower/a.rs"]
    )
  end

  it "finds a circle of folders whose files form none" do
    files = { "lower/a/one.rs" => "use crate::lower::b::two::B;", "lower/a/two.rs" => "pub struct A;",
              "lower/b/one.rs" => "use crate::lower::a::two::A;", "lower/b/two.rs" => "pub struct B;" }
    expect(faults(files)).to contain_exactly(/\Acircle between a, b in lower\n/)
  end

  it "lets a folder's mod.rs re-export, and hand work to its own files, which may use its types" do
    files = { "lower/s/mod.rs" => "mod open;\nmod put;\npub use open::open;\npub use put::Put;\npub struct Store;\nfn put() { put::run() }",
              "lower/s/put.rs" => "use super::Store;\npub struct Put;\npub fn run() {}",
              "lower/s/open.rs" => "use super::Store;\npub fn open() -> Store {}" }
    expect(faults(files)).to be_empty
    used = files.merge("lower/s/mod.rs" => "mod put;\npub use put::Put;\npub struct Store(Put);")
    expect(faults(used)).to contain_exactly(/\Acircle between files\n/)
  end

  it "wants a room for each file, a file in each room, and folders of fifteen files" do
    files = (1..16).to_h { |number| ["lower/f#{number}.rs", ""] }.merge("stray.rs" => "")
    crowded = "lower holds 16 files beside its mod.rs; 15 at most"
    order = %w[lib upper lower absent]
    expect(faults(files, order: order)).to eq(
      ["stray.rs belongs to no declared room", "absent is declared and has no file", crowded]
    )
    expect(faults({}, order: order, large: ["lower"])).not_to include(crowded)
  end
end
