# frozen_string_literal: true

# Applications before and after `rails generate litestream:install`.
module GeneratorRuns
  def fresh_app(**variables) = new_app(Harness::FreshApp, variables: store.environment.merge(variables.transform_keys(&:to_s)))

  def tree(app)
    names = Dir.glob("**/*", File::FNM_DOTMATCH, base: app.root).reject { |name| name.start_with?("log/", "tmp/", "Gemfile.lock") }
    names.select { |name| File.file?(File.join(app.root, name)) }.to_h { |name| [name, app.read(name)] }
  end

  def generate(app, *options) = app.rails!("generate", "litestream:install", *options).out

  # The pages of admins ask for a password, since the application has no admins.
  def page(server, path = "/admin/litestream", password: "secret")
    server.request("get", path, as: ["litestream", password], headers: Harness::Server::HTML)
  end

  # The admin page after the first backup, which takes some seconds in a new application.
  def safe_page(server)
    poll("the first backup") { page(server).body.then { |body| body if body.include?("Every commit is in the store.") } }
  end
end

RSpec.configure { |config| config.include GeneratorRuns, :generator }
