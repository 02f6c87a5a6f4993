# frozen_string_literal: true

RSpec.describe Litestream::Error do
  it "has a class of its own for every code of the core" do
    sources = %w[rust/core/src/error.rs rust/core/src/store/error.rs].map { |path| File.read(File.join(Commands::ROOT, path)) }
    codes = sources.flat_map { |source| source[/fn code\(.*?^    }/m].scan(/"(\w+)"/).flatten }
    expect(codes.size).to be > 15
    expect(codes.reject { |code| described_class.of(code, 1, "", {}).instance_of?(described_class) }).to eq codes
  end

  it "arrives from the core with message, code and exit status" do
    control = Litestream::Native::Control.new("/no/such/socket", 1.0)
    expect { control.info }.to raise_error(Litestream::NotRunningError) { |error|
      expect(error).to have_attributes(code: "not_running", exit_status: 10, message: including("/no/such/socket"))
      expect(error).to be_retryable
    }
  end

  it "lets no class take the code of another, which the core's failures would then arrive as" do
    expect { Class.new(described_class) { fails_with "refused", exit_status: 1 } }.to raise_error(ArgumentError, /refused/)
  end

  it "refuses a timeout that is no number of seconds" do
    [-1.0, Float::NAN, Float::INFINITY].each do |limit|
      expect { Litestream::Native::Control.new("/no/such/socket", limit) }.to raise_error(Litestream::ConfigurationError, /timeout/)
    end
  end

  it "keeps the code that the core gave where a class stands for several" do
    error = described_class.of("unavailable", 4, "503", {})
    expect(error).to be_a(Litestream::UnreachableError).and have_attributes(code: "unavailable", exit_status: 4)
  end

  it "has defaults when raised from Ruby" do
    expect(Litestream::VerificationFailure.new).to have_attributes(code: "verification_failed", exit_status: 9)
    expect(Class.new(Litestream::CorruptError).new).to have_attributes(code: "corrupt", exit_status: 5)
  end
end
