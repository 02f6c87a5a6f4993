# frozen_string_literal: true

require "spec_helper"

RSpec.describe "Litestream::VerificationJob", :integration do
  # A queue that outlives the process that fills it.
  queue = <<~RUBY
    class FolderQueue
      def initialize = @folder = Rails.root.join("tmp/jobs").tap(&:mkpath)

      def enqueue(job) = @folder.join(job.job_id).write(JSON.generate(job.serialize))

      def enqueue_at(job, _) = enqueue(job)

      def work = @folder.children.each { |file| ActiveJob::Base.execute(JSON.parse(file.read).tap { file.delete }) }

      def enqueue_after_transaction_commit? = false
    end

    Rails.application.config.active_job.queue_adapter = FolderQueue.new
    Rails.application.config.litestream.queue = "slow"
  RUBY

  def with_queue(queue, variables: store.environment)
    new_app(variables: variables).tap do |app|
      File.write(File.join(app.root, "config/initializers/queue.rb"), queue)
      app.rails!("db:migrate")
    end
  end

  def ruby(app, code)
    setup = "database = Litestream::Database.all[0]; V = Litestream::Verifications; queue = ActiveJob::Base.queue_adapter"
    JSON.parse(app.rails!("runner", "#{setup}; puts JSON.generate(#{code})").out)
  end

  it "is queued by one process, joined by another and run by a third" do
    app = with_queue(queue)
    boot(app).await_replicator

    id, state = ruby(app, "[V.start(database), V.recent(database)[0].state]")
    expect(state).to eq "queued"
    expect(ruby(app, "[V.start(database), *Dir['tmp/jobs/*'].map { |f| JSON.parse(File.read(f)).values_at('queue_name', 'arguments') }]"))
      .to eq [id, ["slow", [app.database, id]]]
    expect(ruby(app, "[queue.work, V.find(#{id.inspect}).state].last(1)")).to eq ["passed"]
  end

  it "is given up after a quarter of an hour in the queue" do
    app = with_queue(queue)
    aged = "file = File.join(database.meta_path, 'verification.json'); " \
           "File.write(file, File.read(file).sub(/\"since\":\"[^\"]*\"/, %(\"since\":\"\#{(Time.now - 901).utc.iso8601}\")))"
    expect(ruby(app, "[id = V.start(database), (#{aged}; V.find(id).state), V.start(database) == id].last(2)")).to eq ["lost", false]
  end

  it "is forgotten where it cannot be queued" do
    app = with_queue(queue.sub("= @folder.join(job.job_id)", "= raise('the queue is full').join(job.job_id)"))
    answer = ruby(app, "[(V.start(database) rescue [$!.class, $!.message, $!.cause.class]), V.recent(database)]")
    expect(answer).to match([["Litestream::OperationFailed", /could not be queued: the queue is full/, "RuntimeError"], []])
  end

  # A callback of the host, or an adapter that reports a refusal as Active Job defines it.
  it "is forgotten where the application declines it" do
    declined = "(defined?(ActiveJob::EnqueueError) ? ActiveJob::EnqueueError : IOError), 'declined'"
    refusals = ["Litestream::VerificationJob.before_enqueue { throw :abort }",
                "ActiveJob::Base.queue_adapter.define_singleton_method(:enqueue) { |_| raise #{declined} }"]
    refusals.each do |refusal|
      app = with_queue("#{queue}\nRails.application.config.after_initialize { #{refusal} }")
      answer = ruby(app, "[(V.start(database) rescue [$!.class, $!.message]), V.recent(database)]")
      expect(answer).to match([["Litestream::OperationFailed", /could not be queued: \S/], []])
    end
  end

  it "is a thread where the adapter has only threads" do
    app = with_queue("")
    boot(app).await_replicator
    expect(ruby(app, "[id = V.start(database), (sleep 0.1 while V.find(id).under_way?), V.find(id).state].last(1)")).to eq ["passed"]
  end

  it "reports a failure that no request waits for" do
    app = with_queue(<<~RUBY)
      Rails.error.subscribe(Class.new { def report(error, **) = Rails.root.join("tmp/reported").write(error.class) }.new) if Rails.respond_to?(:error)
    RUBY
    expect(ruby(app, "[id = V.start(database), (sleep 0.1 while V.find(id).under_way?), V.find(id).state].last(1)")).to eq ["error"]
    expect(app.read("log/production.log")).to match(/litestream: no replicator answers/)
    expect(app.read("tmp/reported")).to eq "Litestream::NotRunningError" if ruby(app, "[Rails.respond_to?(:error)]").first
  end

  it "verifies every database for a schedule, and fails as the first of them" do
    app = with_queue("")
    failed = app.rails("runner", "Litestream::VerificationJob.perform_now")
    expect(failed).not_to be_ok
    expect(failed.err).to include("no replicator answers")
    boot(app).await_replicator
    app.rails!("runner", "Litestream::VerificationJob.perform_now")
    expect(ruby(app, "V.recent(database).map(&:state)")).to eq %w[passed error]
  end
end
