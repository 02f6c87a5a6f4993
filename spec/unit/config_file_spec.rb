# frozen_string_literal: true

require "tmpdir"

# Failures in litestream.yml's ERB often repeat a secret: NoMethodError shows its receiver.
RSpec.describe Litestream::ConfigFile do
  let(:folder) { Dir.mktmpdir }
  let(:secret) { "s3cr3t-access-key" }
  let(:configuration) { Litestream::Configuration.new(env: {}).tap { |configuration| configuration.root = folder } }

  before { ENV["LITESTREAM_SPEC_SECRET"] = secret }

  after do
    ENV.delete("LITESTREAM_SPEC_SECRET")
    FileUtils.remove_entry(folder)
  end

  def write(name, content)
    path = File.join(folder, name)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, content)
    path
  end

  def failure(code)
    write("config/litestream.yml", "dbs:\n  - path: app.sqlite3\n    replica: <%= #{code} %>\n")
    described_class.read(configuration)
  rescue Litestream::Error => e
    e
  end

  # The failing code, and what of the failure is shown.
  {
    'ENV["LITESTREAM_SPEC_SECRET"].strpp' => "NoMethodError (strpp)",
    'ENV["LITESTREAM_SPEC_SECRET"].unpack1("m").strpp' => "NoMethodError (strpp)",
    "no_such_name" => "NameError (no_such_name)",
    'ENV.fetch("LITESTREAM_SPEC_ABSENT")' => "KeyError (ENV has no LITESTREAM_SPEC_ABSENT)",
    '{ key: ENV["LITESTREAM_SPEC_SECRET"] }.fetch(:other)' => "KeyError",
    '{}.fetch(ENV["LITESTREAM_SPEC_SECRET"])' => "KeyError",
    'ENV.fetch(ENV["LITESTREAM_SPEC_SECRET"])' => "KeyError",
    'self.then { |o| o.public_send(ENV["LITESTREAM_SPEC_SECRET"]) }' => "NoMethodError",
    'Object.const_get(ENV["LITESTREAM_SPEC_SECRET"])' => "NameError",
    'Integer(ENV["LITESTREAM_SPEC_SECRET"])' => "ArgumentError",
    'raise(KeyError, ENV["LITESTREAM_SPEC_SECRET"])' => "KeyError",
    'File.read(ENV["LITESTREAM_SPEC_SECRET"])' => "Errno::ENOENT",
    'require(ENV["LITESTREAM_SPEC_SECRET"])' => "LoadError",
    'begin; raise ENV["LITESTREAM_SPEC_SECRET"]; rescue StandardError; nil.strpp; end' => "NoMethodError (strpp)",
    '"s3cr3t-access-key" "' => "SyntaxError"
  }.each do |code, shown|
    it "names a failure without values: #{shown} of #{code}" do
      error = failure(code)

      expect(error).to be_a(Litestream::ConfigurationError).and have_attributes(cause: nil)
      expect(error.message).to match(/\Aconfig\/litestream\.yml, line \d+: the ERB failed: #{Regexp.escape(shown)};/)
      expect(error.message).to include("line 3") unless shown == "SyntaxError"
      expect([error.full_message(highlight: false), error.inspect].join).not_to match(/s3cr3t|#{[secret].pack("m0")}/)
    end
  end

  it "names a failure that lies elsewhere, without a line" do
    error = failure('raise(ArgumentError, ENV["LITESTREAM_SPEC_SECRET"], [])')

    expect(error.message).to start_with("config/litestream.yml: the ERB failed: ArgumentError;")
  end

  it "says the same of the application's initializer" do
    write("config/initializers/litestream.rb", "# settings\nENV[\"LITESTREAM_SPEC_SECRET\"].strpp\n")
    stub_const("Rails", Module.new { def self.env = "test" })
    app = Struct.new(:root, :initialized?).new(Pathname(folder), false)

    expect { Litestream::Boot.load_configuration(app) }.to raise_error(Litestream::ConfigurationError) { |error|
      expect(error.message).to start_with("config/initializers/litestream.rb, line 2, needs more").and include("NoMethodError (strpp)")
      expect(error.full_message(highlight: false)).not_to include(secret)
    }
  end
end
