# frozen_string_literal: true

require_relative "circles"

module Rooms
  # Compares the imports of one crate with its declared order of rooms.
  class Judge
    # Files in one folder, beside its `mod.rs`.
    FOLDER_LIMIT = 15

    # `order`: rooms from top to bottom, as paths below `src` without `.rs`. A file belongs to the longest that fits.
    # `large`: folders that may exceed the limit.
    def initialize(crate, order, large: [])
      @crate = crate
      @order = order
      @large = large
    end

    # Each room with its files, from top to bottom.
    def rooms
      @rooms ||= @order.to_h { |room| [room, []] }.merge(@crate.files.group_by { |file| room_of(file) }.except(nil))
    end

    def faults
      homeless + empty + upward + file_circles + folder_circles + crowded
    end

    private

    def room_of(file)
      @order.select { |room| file == "#{room}.rs" || file.start_with?("#{room}/") }.max_by(&:length)
    end

    def homeless
      @crate.files.reject { |file| room_of(file) }.map { |file| "#{file} belongs to no declared room" }
    end

    def empty
      rooms.select { |_, files| files.empty? }.keys.map { |room| "#{room} is declared and has no file" }
    end

    def upward
      wrong = @crate.edges.select do |edge|
        from, to = [edge.from, edge.to].map { |file| @order.index(room_of(file)) }
        from && to && from > to
      end
      wrong.map { |edge| "#{line(edge)}: #{room_of(edge.from)} is below #{room_of(edge.to)}" }
    end

    def file_circles
      circles.map { |_, ties| described("circle between files", ties) }
    end

    def circles
      @circles ||= Circles.new(imports.map { |edge| [edge.from, edge.to, edge] }).each
    end

    # In each folder, its files and folders are units; no two of them may import each other, at whatever depth. A circle of
    # files is reported as that alone.
    def folder_circles
      folders.flat_map do |folder|
        found = Circles.new(imports_between_units(folder)).each
        found = found.reject { |_, ties| circles.any? { |files, _| ties.all? { |edge| files.include?(edge.from) } } }
        found.map { |units, ties| described("circle between #{units.join(", ")} in #{folder}", ties) }
      end
    end

    def imports_between_units(folder)
      edges = imports.map { |edge| [unit(folder, edge.from), unit(folder, edge.to), edge] }
      edges.select { |from, to, _| from && to && from != to }
    end

    # The file or folder directly below `folder` that holds `file`, `name.rs` and `name/` being one; nil where it lies
    # elsewhere.
    def unit(folder, file)
      prefix = folder == "." ? "" : "#{folder}/"
      file.delete_prefix(prefix)[%r{\A[^/]+}].delete_suffix(".rs") if file.start_with?(prefix)
    end

    def folders
      own = @crate.files.map { |file| Pathname(file).dirname }
      own.flat_map { |folder| [Pathname("."), *folder.descend] }.map(&:to_s).uniq
    end

    def crowded
      counts = @crate.files.reject { |file| File.basename(file) == "mod.rs" }.map { |file| File.dirname(file) }.tally
      counts.reject { |folder, count| count <= FOLDER_LIMIT || @large.include?(folder) }
            .map { |folder, count| "#{folder} holds #{count} files beside its mod.rs; #{FOLDER_LIMIT} at most" }
    end

    def imports
      @crate.edges.reject(&:handed)
    end

    def described(title, ties)
      [title, *ties.map { |edge| "  #{line(edge)}" }].join("\n")
    end

    def line(edge)
      "#{edge.from}:#{edge.line} imports #{edge.to}"
    end
  end
end
