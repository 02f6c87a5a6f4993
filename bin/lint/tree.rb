# frozen_string_literal: true

# Unfinished marks, paths of one machine, files that hold several ideas: a reviewer would send them back unread.
root = File.expand_path("../..", __dir__)
files = Dir.chdir(root) { `git ls-files -z --cached --others --exclude-standard`.split("\0") }
faults = []

files.each do |path|
  full = File.join(root, path)
  next unless File.file?(full) && path !~ %r{\A(Cargo\.lock|bin/lint/)} && File.size(full) < 1_000_000

  text = File.binread(full).force_encoding("UTF-8")
  next unless text.valid_encoding?

  text.each_line.with_index(1) do |line, number|
    faults << "#{path}:#{number}: unfinished mark" if line.match?(/\b(TODO|FIXME|XXX)\b|todo!\(|unimplemented!\(/)
    faults << "#{path}:#{number}: path of one machine" if line.match?(%r{/(work|farm|root)/})
  end
  code = path.end_with?(".rs", ".rb") && !path.match?(%r{(\A|/)(tests?|spec|benches)/})
  faults << "#{path}: #{text.lines.size} lines; split it by idea" if code && text.lines.size > 400
end

# bin/lint/rooms.rb counts those of Rust.
folders = files.grep(%r{\A(lib|app|spec)/}).select { |path| File.file?(File.join(root, path)) }.group_by { |path| File.dirname(path) }
folders.each { |folder, found| faults << "#{folder}: #{found.size} files; the limit is 15" if found.size > 15 }

unless faults.empty?
  warn faults
  exit 1
end
