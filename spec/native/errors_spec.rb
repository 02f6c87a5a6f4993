# frozen_string_literal: true

RSpec.describe Litestream::Error do
  it "has a class of its own for every code of the core" do
    sources = %w[rust/core/src/error.rs rust/core/src/store/error.rs].map { |path| File.read(File.join(Commands::ROOT, path)) }
    codes = sources.flat_map { |source| source[/fn code\(.*?^    }/m].scan(/"(\w+)"/).flatten }
    expect(codes.size).to be > 15
    unknown = codes.select { |code| described_class.of(code, 1, false, "", {}).instance_of?(Litestream::OperationFailed) }
    expect(unknown).to be_empty
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
    error = described_class.of("unavailable", 4, true, "503", {})
    expect(error).to be_a(Litestream::UnreachableError).and have_attributes(code: "unavailable", exit_status: 4, retryable?: true)
  end

  it "takes what a newer replicator reports as it is" do
    error = described_class.of("lease_lost", 14, true, "the lease is lost", {})
    expect(error).to be_a(Litestream::OperationFailed)
      .and have_attributes(code: "lease_lost", exit_status: 14, retryable?: true, message: "the lease is lost")
  end

  it "has defaults when raised from Ruby" do
    expect(Litestream::VerificationFailure.new).to have_attributes(code: "verification_failed", exit_status: 9)
    expect(Class.new(Litestream::CorruptError).new).to have_attributes(code: "corrupt", exit_status: 5, retryable?: false)
    expect(Class.new(Litestream::TimeoutError).new).to have_attributes(code: "timeout", exit_status: 11, retryable?: true)
    expect(Litestream::DiskFullError.new).to have_attributes(code: "disk_full", exit_status: 12, retryable?: false)
  end
end

RSpec.describe Litestream, "with a replicator that fails" do
  include_context "with a replicated database"

  it "raises what failed there, with its code, exit status and sentence" do
    site.start
    described_class.sync!
    second = "0000000000000002"
    File.write(site.path("replica/ltx/0/#{second}-#{second}.ltx"), "another writer's")
    site.sql("INSERT INTO notes VALUES ('one')")
    [-> { described_class.sync! }, -> { described_class.verify! }, -> { Litestream::Database.all[0].snapshot! }].each do |call|
      expect(&call).to raise_error(Litestream::ConflictError, /is in use by another writer/) { |error|
        expect(error).to have_attributes(code: "conflict", exit_status: 8, retryable?: false)
      }
    end
  end

  it "raises a failure of the store that no other attempt will mend before the time is over" do
    site.start
    described_class.sync!
    FileUtils.mv(site.replica, site.path("moved"))
    File.write(site.replica, "no folder")
    site.sql("INSERT INTO notes VALUES ('one')")
    expect { described_class.sync!(timeout: 5) }.to raise_error(Litestream::StoreError, /replica/) { |error|
      expect(error).to have_attributes(exit_status: 4, retryable?: false)
    }
  end
end
