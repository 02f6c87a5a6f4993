# frozen_string_literal: true

# A new Rails application has Stimulus without a bundler. Neither importmap-rails nor stimulus-rails is here, so the files that they
# write are written below; Stimulus itself and the generated controller are loaded by the browser as they are.
RSpec.describe "The admin page beside an import map" do
  # As stimulus-loading registers what the import map has under "controllers".
  let(:application) { <<~JS }
    import { Application } from "@hotwired/stimulus"

    const application = Application.start()
    const { imports } = JSON.parse(document.querySelector("script[type=importmap]").text)
    for (const name of Object.keys(imports).filter((name) => name.match(/^controllers\\/.*_controller$/))) {
      const identifier = name.replace(/^controllers\\/|_controller$/g, "").replace(/\\//g, "--").replace(/_/g, "-")
      import(name).then((module) => application.register(identifier, module.default))
    }
  JS

  def import_map(names)
    imports = names.to_h { |name| [name, "/javascript/#{name}.js"] }.merge("@hotwired/stimulus" => "/stimulus.js")
    %(<script type="importmap">#{JSON.generate(imports: imports)}</script>\n<script type="module">import "application"</script>\n)
  end

  # Served from public/, where the asset pipeline would serve app/javascript.
  def serve_scripts(host)
    FileUtils.cp_r(File.join(host.root, "app/javascript"), File.join(host.root, "public/javascript"))
    FileUtils.cp(File.join(Harness::NodeModules.path, "@hotwired/stimulus/dist/stimulus.js"), File.join(host.root, "public/stimulus.js"))
    names = Dir.glob("**/*.js", base: File.join(host.root, "app/javascript")).map { |path| path.delete_suffix(".js") }
    layout = "app/views/layouts/application.html.erb"
    host.write(layout, host.read(layout).sub("</head>") { |head| "#{import_map(names)}#{head}" })
  end

  # The layout of a fresh application asks for a stylesheet that it has no pipeline for.
  it "has its buttons answered in place by the generated controller", refusals: true do
    host = fresh_app
    host.write("config/importmap.rb", %(pin "@hotwired/stimulus", to: "stimulus.js"\n))
    host.write("app/javascript/application.js", application)
    host.write("app/javascript/controllers/hello_controller.js", <<~JS)
      import { Controller } from "@hotwired/stimulus"
      export default class extends Controller {}
    JS
    said = host.rails!("generate", "litestream:install").out
    expect(said).to include("create  app/javascript/controllers/admin_litestream_controller.js")
    serve_scripts(host)
    host.rails!("db:prepare")
    boot_site(host)
    sign_in("admin", at: "/admin/litestream")
    press_every_button
    expect(page).to have_css(".last-verification", text: "passed").and have_current_path("/admin/litestream")
  end
end
