# frozen_string_literal: true

require "set"
require "strscan"

module Rooms
  # One Rust file as text: the names that it imports, the paths that it spells out, the items that it defines. Comments,
  # literals and `#[cfg(test)]` items are left out; line numbers stay.
  class Source
    # `path` holds the segments as written, without the `*` of a glob. `name` is the name that the file gets, `*` for a glob.
    Import = Struct.new(:path, :name, :line, :exported, keyword_init: true) do
      def glob?
        name == "*"
      end
    end

    USE = /^[ \t]*(?<exported>pub(?:\([^)]*\))?\s+)?use\s+(?<tree>[^;]+);/
    MODULE = /^[ \t]*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*;/
    PATH = /(?<![\w:])[a-z_]\w*(?:::[A-Za-z_]\w*)+/
    ITEM = /^(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+|extern\s+"[^"]*"\s+)*
            (?:struct|enum|trait|fn|const|static|type|union|macro_rules!)\s+(?:mut\s+)?([A-Za-z_]\w*)/x

    # `test_modules`: the names of modules declared as `#[cfg(test)] mod tests;`.
    attr_reader :file, :imports, :items, :test_modules

    def initialize(file, text)
      @file = file
      @code = without_test_items(without_text(text))
      @imports = @code.to_enum(:scan, USE).flat_map { imports_of(Regexp.last_match) }
      @code = @code.gsub(USE) { |statement| "\n" * statement.count("\n") }.gsub(MODULE, "")
      @items = @code.scan(ITEM).flatten.to_set
    end

    # Paths of two segments or more outside of `use`, with their lines.
    def paths
      @paths ||= @code.to_enum(:scan, PATH).map do
        [Regexp.last_match(0).split("::"), line_at(Regexp.last_match.begin(0))]
      end
    end

    def mentions?(name)
      @words ||= @code.scan(/\w+/).to_set
      @words.include?(name)
    end

    private

    def line_at(offset)
      @code[0...offset].count("\n") + 1
    end

    # Blanks comments, string and character literals.
    def without_text(text)
      scanner = StringScanner.new(text)
      code = +""
      code << (blank(scanner) || scanner.getch) until scanner.eos?
      code
    end

    def blank(scanner)
      literal = scanner.scan(%r{//[^\n]*}) || scanner.scan(%r{/\*.*?\*/}m) || scanner.scan(/\bb?r(#*)".*?"\1/m) ||
                scanner.scan(/"(?:[^"\\]|\\.)*"/m) || scanner.scan(/'(?:[^'\\\n]|\\[^\n]{1,10}?)'/)
      literal && " #{"\n" * literal.count("\n")}"
    end

    # An item ends with the `;` or with the closing brace at the depth where it began.
    def without_test_items(code)
      @test_modules = []
      while (attribute = code.match(/#\[cfg\(test\)\]\s*/))
        rest = attribute.post_match
        length = item_length(rest)
        @test_modules << Regexp.last_match(1) if rest[0...length] =~ /\A(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;/
        removed = attribute[0] + rest[0...length]
        code = attribute.pre_match + "\n" * removed.count("\n") + rest[length..]
      end
      code
    end

    def item_length(rest)
      depth = 0
      rest.each_char.with_index do |character, index|
        depth += 1 if "{[(".include?(character)
        depth -= 1 if "}])".include?(character)
        return index + 1 if depth.zero? && ";}".include?(character)
      end
      rest.length
    end

    def imports_of(match)
      line = line_at(match.begin(:tree))
      leaves(match[:tree].gsub(/\s+/, " ").strip).map do |path, name|
        Import.new(path: path, name: name, line: line, exported: !match[:exported].nil?)
      end
    end

    # `a::{b, c::{self, D as E}}` as [[a b], b], [[a c], c], [[a c D], E].
    def leaves(tree, prefix = [])
      if (group = tree.match(/\A(?<path>[^{]*?)(?:::)?\s*\{(?<inner>.*)\}\z/m))
        inner = prefix + group[:path].strip.split("::")
        return split(group[:inner]).flat_map { |part| leaves(part, inner) }
      end
      path, name = tree.split(/\s+as\s+/)
      segments = prefix + path.strip.split("::")
      segments.pop if segments.last == "self" && segments.size > 1
      return [[segments[0...-1], "*"]] if segments.last == "*"

      [[segments, name || segments.last]]
    end

    # At the commas outside of braces.
    def split(list)
      depth = 0
      parts = list.each_char.slice_when do |before, _|
        depth += { "{" => 1, "}" => -1 }.fetch(before, 0)
        before == "," && depth.zero?
      end
      parts.map { |part| part.join.delete_suffix(",").strip }.reject(&:empty?)
    end
  end
end
