# frozen_string_literal: true

require "tmpdir"

RSpec.describe "a bundle with the gem litestream in it" do
  around { |example| Dir.mktmpdir { |dir| @dir = File.realpath(dir) and example.run } }

  # A gem of that name, with a file of that name.
  def other_gem
    FileUtils.mkdir_p(File.join(@dir, "other/lib"))
    File.write(File.join(@dir, "other/lib/litestream.rb"), "module Litestream; end\n")
    File.write(File.join(@dir, "other/litestream.gemspec"), <<~RUBY)
      Gem::Specification.new { |s| s.name = "litestream"; s.version = "0.14.0"; s.summary = s.author = "x"; s.files = ["lib/litestream.rb"] }
    RUBY
  end

  def gemfile(*names)
    paths = { "litestream" => File.join(@dir, "other"), "litestream-native" => Commands::ROOT }
    File.write(File.join(@dir, "Gemfile"), names.map { |name| "gem #{name.inspect}, path: #{paths[name].inspect}\n" }.join)
  end

  def bundler_require
    run("bundle", "exec", "ruby", "-e", "Bundler.require; print Litestream::Native.version", chdir: @dir)
  end

  it "is refused, whichever comes first" do
    other_gem
    [%w[litestream litestream-native], %w[litestream-native litestream]].each do |names|
      gemfile(*names)
      result = bundler_require
      expect(result.status).not_to eq 0
      expect(result.output).to include("ConflictingGemError", 'remove `gem "litestream"`')
    end
  end

  it "is required by its own name" do
    gemfile("litestream-native")
    expect(bundler_require.output).to eq Litestream::VERSION
  end
end
