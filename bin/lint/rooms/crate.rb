# frozen_string_literal: true

require "pathname"
require_relative "source"

module Rooms
  # The files of one crate and the imports between them. An import leads to the file that defines the name, through any
  # re-export on the way; a re-export (`pub use child::Name`) is no import while its own file does not use the name.
  class Crate
    # `from` and `to` are paths below `src`, `line` is the first place in `from` that names something of `to`. `handed`:
    # a module spells out a function of a module in its own folder (`put::run(self)`) and imports nothing of it.
    Edge = Struct.new(:from, :to, :line, :handed, keyword_init: true)

    KEYWORDS = %w[crate self super].freeze

    def initialize(folder)
      @folder = Pathname(folder).join("src")
      @modules = modules
    end

    def files
      @modules.values.map(&:file).sort
    end

    def edges
      @edges ||= @modules.flat_map { |path, source| imported(path, source) + spelled_out(path, source) }
                         .reject { |edge| edge.from == edge.to }
                         .sort_by { |edge| [edge.from, edge.to, edge.handed ? 1 : 0, edge.line] }
                         .uniq { |edge| [edge.from, edge.to] }
    end

    private

    # By module path: [] is the library's root, %w[store s3] is `store/s3/mod.rs` or `store/s3.rs`.
    def modules
      sources = Pathname.glob(@folder.join("**/*.rs")).sort.to_h do |path|
        file = path.relative_path_from(@folder).to_s
        [module_path(file), Source.new(file, path.read)]
      end
      tests = sources.flat_map { |path, source| source.test_modules.map { |name| path + [name] } }
      sources.reject { |path, _| tests.any? { |test| path.first(test.size) == test } }
    end

    # An executable beside a library is a crate of its own, and reaches the library by name.
    def module_path(file)
      case file
      when "lib.rs" then []
      when "main.rs" then [file]
      else file.delete_suffix(".rs").delete_suffix("/mod").split("/")
      end
    end

    def imported(path, source)
      source.imports.reject { |import| re_export?(path, source, import) }.flat_map do |import|
        found = import.glob? ? globbed(path, source, import) : [single(path, source, import)]
        found.compact.map { |to| Edge.new(from: source.file, to: to, line: import.line, handed: false) }
      end
    end

    # True for a re-export from the module's own folder that the module itself does not use.
    def re_export?(path, source, import)
      target = absolute(path, import.path)
      return false unless import.exported && target && target.size > path.size && target.first(path.size) == path

      names = import.glob? ? names_in(target) : [import.name]
      names.none? { |name| source.mentions?(name) }
    end

    def globbed(path, source, import)
      target = absolute(path, import.path) or return []
      names_in(target).select { |name| source.mentions?(name) }.map { |name| defining(target + [name]) }
    end

    # An imported module counts through the paths that begin with it, if there are any.
    def single(path, source, import)
      target = absolute(path, import.path) or return
      defining(target) unless @modules.key?(target) && source.paths.any? { |segments, _| segments.first == import.name }
    end

    def spelled_out(path, source)
      source.paths.filter_map do |segments, line|
        import = source.imports.find { |candidate| candidate.name == segments.first }
        start = absolute(path, import ? import.path : segments.first(1)) or next
        next unless @modules.key?(start) || KEYWORDS.include?(segments.first)

        handed = import.nil? && !KEYWORDS.include?(segments.first)
        to = defining(start + segments.drop(1)) or next
        Edge.new(from: source.file, to: to, line: line, handed: handed)
      end
    end

    # Segments as written in the module `path`, from the crate's root; nil where they lead into another crate.
    def absolute(path, segments)
      return (segments.drop(1) unless path == ["main.rs"]) if segments.first == "crate"

      keywords = segments.take_while { |segment| KEYWORDS.include?(segment) }
      base = path[0...path.size - keywords.count("super")]
      rest = segments.drop(keywords.size)
      base + rest if keywords.any? || @modules.key?(base + rest.first(1))
    end

    # The file that defines what a path from the root names; nil where a re-export leads into another crate.
    def defining(path, seen = [])
      return if seen.include?(path)

      base = path.size.downto(0).map { |size| path.first(size) }.find { |candidate| @modules.key?(candidate) }
      source = @modules.fetch(base)
      names = path.drop(base.size)
      return source.file if names.empty? || source.items.include?(names.first)

      import = source.imports.find { |candidate| brings?(base, candidate, names.first) }
      return source.file unless import

      target = absolute(base, import.path)
      target && defining(target + names.drop(import.glob? ? 0 : 1), [*seen, path])
    end

    def brings?(base, import, name)
      return import.name == name unless import.glob?

      target = absolute(base, import.path)
      target && names_in(target).include?(name)
    end

    # Names that a glob of this module brings.
    def names_in(path, seen = [])
      source = @modules[path]
      return [] if source.nil? || seen.include?(path)

      source.items.to_a + source.imports.flat_map do |import|
        next [import.name] unless import.glob?

        target = absolute(path, import.path)
        target ? names_in(target, [*seen, path]) : []
      end
    end
  end
end
