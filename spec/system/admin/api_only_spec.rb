# frozen_string_literal: true

RSpec.describe "An API-only host" do
  # As `rails new --api` leaves it, with administrators of its own.
  def api_host
    variables = Harness::ReferenceApp::ACCOUNTS.merge(store.environment)
    new_app(Harness::FreshApp, variables: variables).tap do |host|
      FileUtils.rm_rf(File.join(host.root, "app/views/layouts"))
      host.write("app/controllers/application_controller.rb", "class ApplicationController < ActionController::API; end\n")
      host.write("app/controllers/admin/base_controller.rb", <<~RUBY)
        class Admin::BaseController < ApplicationController
          include ActionController::HttpAuthentication::Basic::ControllerMethods
          http_basic_authenticate_with name: "admin", password: "correct horse"
        end
      RUBY
      application = host.read("config/application.rb")
      host.write("config/application.rb", application.sub(/config.load_defaults.*$/) { |line| "#{line}\nconfig.api_only = true" })
    end
  end

  it "has the admin page and the dashboard behind its own base controller" do
    host = api_host
    expect(host.rails!("generate", "litestream:install").out).to include("Admin::BaseController guards /admin/litestream")
    host.rails!("db:prepare")
    boot_site(host)
    sign_in("admin", at: "/admin/litestream")
    await_verdict(".verdict.good", text: "Every commit is in the store.")
    expect(page).to have_title("Litestream")
    inspect_page("admin-api-only")
    press_every_button
    expect(page).to have_current_path("/admin/litestream")
    click_on "Open the dashboard"
    expect(page).to have_css(".verdict.safe")
    visit database_page(host.database)
    click_on "Sync now"
    expect(page).to have_css("[role=status]", text: "Synced")
  end
end
