# frozen_string_literal: true

# Compares the pages with the code: every link leads somewhere, every test and file that docs/durability.md cites exists, and
# each guarantee from G1 to G10 has a promise, limits and tests.
Dir.chdir(File.expand_path("../..", __dir__))

files = `git ls-files -z --cached --others --exclude-standard`.split("\0").select { |path| File.file?(path) }
faults = []

# As GitHub makes them of headings.
anchors = Hash.new do |known, path|
  headings = File.read(path).scan(/^#+ (.+)$/).flatten
  known[path] = headings.map { |heading| heading.downcase.gsub(/[^\p{Alnum}\- _]/, "").tr(" ", "-") }
end

files.grep(/\.md\z/).each do |page|
  File.read(page).scan(/\]\(([^)\s]+)\)/).flatten.grep_v(/\A\w+:/).each do |link|
    path, anchor = link.split("#", 2)
    target = path.empty? ? page : File.join(File.dirname(page), path).delete_prefix("./")
    if !File.exist?(target)
      faults << "#{page}: the link to #{link} leads nowhere"
    elsif anchor && !anchors[target].include?(anchor)
      faults << "#{page}: #{target} has no heading ##{anchor}"
    end
  end
end

page = "docs/durability.md"
guarantees = File.read(page).scan(/^## (G\d+): .*\n((?:(?!^#).*\n)*)/)
expected = (1..10).map { |number| "G#{number}" }
faults << "#{page}: the guarantees are #{guarantees.map(&:first).join(", ")}" unless guarantees.map(&:first) == expected
guarantees.each do |name, text|
  ["**Promise.**", "Limits:", "Tests:"].each { |part| faults << "#{page}: #{name} lacks #{part}" unless text.include?(part) }
end

tests = files.grep(/\.rs\z/).flat_map { |path| File.read(path).scan(/\bfn (\w+)/) }.flatten
File.read(page).scan(/`([^`\n]+)`/).flatten.each do |cited|
  missing = case cited
            when /\A[a-z0-9]+(_[a-z0-9]+){2,}\z/ then !tests.include?(cited)
            when /\A[\w\/]+\.r[sb]\z/ then files.none? { |path| path == cited || path.end_with?("/#{cited}") }
            when /\A\w+\/\z/ then files.none? { |path| path.include?("/#{cited}") }
            end
  faults << "#{page}: there is no #{cited}" if missing
end

unless faults.empty?
  warn faults
  exit 1
end
