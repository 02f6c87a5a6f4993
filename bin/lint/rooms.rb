# frozen_string_literal: true

# The rooms of each Rust crate, and proof that imports point down: none leads from a lower room to a higher one, and no
# files or folders import each other in a circle. `rooms.yml` declares the order.
require "yaml"
require_relative "rooms/crate"
require_relative "rooms/judge"

root = File.expand_path("../..", __dir__)
declared = YAML.load_file(File.join(__dir__, "rooms.yml"))
large = declared.delete("large folders")

faults = declared.flat_map do |folder, order|
  crate = Rooms::Crate.new(File.join(root, folder))
  inside = "#{folder}/src/"
  judge = Rooms::Judge.new(crate, order, large: large.select { |path| path.start_with?(inside) }.map { |path| path.delete_prefix(inside) })
  puts "#{folder}, from top to bottom: #{judge.rooms.map { |room, files| "#{room} (#{files.size})" }.join(", ")}"
  judge.faults.map { |fault| "#{folder}: #{fault}" }
end

unless faults.empty?
  warn faults
  exit 1
end
