# frozen_string_literal: true

require "spec_helper"

RSpec.describe "Missing variables", :integration do
  required = Harness::S3Server::REQUIRED
  rack = ["bundle", "exec", "ruby", "-rrack", "-e", "Rack::Builder.parse_file('config.ru')"]

  context "in production" do
    let(:app) { new_app }

    { "puma" => Harness::ReferenceApp::PUMA, "rails server" => %w[bin/rails server], "another Rack server" => rack }.each do |name, argv|
      it "keep #{name} from booting, with one error that names them all" do
        server = start(app, argv)

        expect(server.wait).not_to be_success
        expect(server.output).to match(/missing environment variables: #{required.join(", ")}/).and include("MissingEnvironmentError")
      end
    end

    it "name only what is missing; blank is missing" do
      server = start(app, variables: { required[0] => "bucket", required[1] => " " })

      expect(server.wait).not_to be_success
      expect(server.output).to match(/missing environment variables: #{required[1]}, #{required[2]};/)
    end

    it "do not matter to migrations, console, runner, generators and builds" do
      FileUtils.mkdir_p(File.join(app.root, "lib/tasks"))
      File.write(File.join(app.root, "lib/tasks/assets.rake"),
                 "task('assets:precompile' => :environment) { Rails.application.eager_load! }")

      [%w[db:migrate], %w[assets:precompile], ["runner", "p(Note.count)"], %w[console], %w[generate task cleaning]].each do |command|
        result = app.rails(*command)
        expect(result).to be_ok, "rails #{command.join(" ")}: #{result.err}"
        expect(result.err).not_to match(/missing environment|litestream:/)
      end
    end

    it "do not matter where replication is switched off" do
      File.write(File.join(app.root, "config/initializers/off.rb"), "Rails.application.config.litestream.enabled = false")
      app.rails!("db:migrate")

      expect(boot(app).replicators).to be_empty
    end
  end

  it "disable replication in development, with one warning" do
    app = new_app(mode: "development")
    app.rails!("db:migrate")
    server = boot(app)
    server.write("not replicated")

    expect(server.output.scan(/^.*litestream.*$/i)).to match([/replication is disabled.*#{required.join(", ")}/])
    expect(server.replicators).to be_empty
  end

  it "disable replication in tests without a word, and so does a complete environment" do
    [{}, store.environment].each do |variables|
      app = new_app(mode: "test", variables: variables)
      app.rails!("db:migrate")
      server = boot(app)

      expect(server.output).not_to match(/litestream/i)
      expect(server.replicators).to be_empty
    end
  end
end
