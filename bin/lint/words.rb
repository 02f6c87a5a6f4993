# frozen_string_literal: true

# Words of this project's own making, where CONTRIBUTING asks for the field's: openers of comments, messages and paragraphs,
# pronouns in place of roles, `told`, and constants that call a timeout patience. Prints the count per folder and each
# place, and fails above zero; `--count` prints the counts only, and never fails. Other arguments are folders or files to
# look at; all that is shipped without them.
SHIPPED = %r{\A(rust/\w+/(src|Cargo\.toml)|ext|lib|app|config|exe|rakelib|bin|docs|[^/]+\.(md|gemspec)\z|Gemfile\z|Rakefile\z)}
ITSELF = %r{\A(bin/lint/words\.rb|CONTRIBUTING\.md)\z}

OPENER = /(?:What|Whether|Whoever|Of|Those|Where it)\b/
WORD = /\b(?:somebody|nobody|whoever|everybody|told)\b/i
PATIENCE = /\b[A-Z_]*PATIENCE[A-Z_]*\b/

COMMENT = %r{\A\s*(?://[/!]?|\#+|-\#|<%\#|/\*+|\*)(?:\s|\z)}
COMMENT_OPENER = %r{#{COMMENT}\s*#{OPENER}}
TRAILING_OPENER = %r{\S\s+(?://|\#)\s+#{OPENER}}
MESSAGE_OPENER = /(?:["'>]|\A\s*\w+:\s)\s*#{OPENER}/
PARAGRAPH_OPENER = /\A\s*(?:\#+\s|[-*]\s|\d+\.\s|\|\s)?\s*[*_"“]*#{OPENER}/

def words(line)
  line.scan(WORD).map(&:downcase) + line.scan(PATIENCE)
end

# `before`: the line above, which a comment or a paragraph may go on from.
def opener(line, before, prose:)
  if prose
    begins = before.strip.empty? || line.match?(/\A\s*([-*|#]|\d+\.)/)
    return begins && line[PARAGRAPH_OPENER]
  end
  return line[COMMENT_OPENER] unless before.match?(COMMENT) || !line.match?(COMMENT)

  line[TRAILING_OPENER] || (line[MESSAGE_OPENER] unless line.match?(COMMENT))
end

def faults_in(path)
  text = File.binread(path).force_encoding("UTF-8")
  return [] unless text.valid_encoding?

  ["", *text.lines(chomp: true)].each_cons(2).with_index(1).flat_map do |(before, line), number|
    found = words(line)
    opening = opener(line, before, prose: path.end_with?(".md"))
    found << opening[/#{OPENER}\z/] if opening
    found.map { |word| [path, number, word] }
  end
end

Dir.chdir(File.expand_path("../..", __dir__))
files = `git ls-files -z --cached --others --exclude-standard`.split("\0")
files = files.select { |path| path.match?(SHIPPED) && !path.match?(ITSELF) && File.file?(path) }
count_only = ARGV.delete("--count")
files.select! { |path| ARGV.any? { |wanted| path == wanted || path.start_with?("#{wanted.chomp("/")}/") } } if ARGV.any?
faults = files.flat_map { |path| faults_in(path) }

faults.group_by { |path, _, _| File.dirname(path) }.sort.each { |folder, found| puts "#{found.size.to_s.rjust(5)}  #{folder}" }
puts "#{faults.size.to_s.rjust(5)}  words to replace"
exit if faults.empty? || count_only

warn(faults.map { |path, number, word| "#{path}:#{number}: #{word}" })
exit 1
