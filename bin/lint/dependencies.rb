# frozen_string_literal: true

# A dependency that no source file of its crate names is unused. Text search is enough here: every crate is used by its
# own name, and a false "used" would need a comment that spells it as a path.
require "pathname"

# Used by a build step or only through its effect on another crate's features.
EXEMPT = { "ext/litestream" => %w[rb-sys], "rust/testkit" => %w[proptest] }.freeze

root = Pathname(__dir__).join("../..").expand_path
unused = Pathname.glob(root.join("{rust/*,ext/*}/Cargo.toml")).flat_map do |manifest|
  crate = manifest.dirname
  # A target may lie outside its crate, as the benchmarks do.
  outside = manifest.read.scan(/^path = "(\.\.[^"]*)\/[^\/"]+\.rs"/).flatten.map { |folder| crate.join(folder) }
  sources = [crate, *outside].flat_map { |folder| Pathname.glob(folder.join("**/*.rs")) }.map(&:read).join("\n")
  section = nil
  manifest.readlines(chomp: true).filter_map do |line|
    section = Regexp.last_match(1) if line =~ /\A\[(.+)\]\z/
    next unless section&.end_with?("dependencies") && line =~ /\A([\w-]+)(\.workspace)?\s*=/

    name = Regexp.last_match(1)
    place = crate.relative_path_from(root).to_s
    next if EXEMPT.fetch(place, []).include?(name)

    library = { "md-5" => "md5" }.fetch(name, name.tr("-", "_"))
    "#{place}/Cargo.toml: #{name} is declared and never used" unless sources.match?(/\b#{library}\b/)
  end
end

declared = root.join("Cargo.toml").read[/^\[workspace\.dependencies\]\n(.*?)\n\[/m, 1].to_s.scan(/^([\w-]+)\s*=/).flatten
manifests = Pathname.glob(root.join("{rust/*,ext/*}/Cargo.toml")).map(&:read).join("\n")
unused += declared.reject { |name| manifests.match?(/^#{Regexp.escape(name)}(\.workspace)?\s*=/) }
                  .map { |name| "Cargo.toml: workspace dependency #{name} is used by no crate" }

unless unused.empty?
  warn unused
  exit 1
end
