# frozen_string_literal: true

# The host's own admin page, beside which the Litestream pages must work. It shows that the examples here can fail.
RSpec.describe "The notes page" do
  it "shows what was written, without a complaint" do
    server = boot_site
    server.write("<script>alert(1)</script> & more", durable: true)
    sign_in("admin")
    expect(page).to have_text("<script>alert(1)</script> & more")
    expect(page).to be_accessible
    photograph("host-notes") { expect(overflows?).to be false }
  end

  it "is complained about where something is inline, does not load or cannot be read" do
    view = File.join(app.root, "app/views/admin/notes/index.haml")
    File.write(view, "#{File.read(view)}\n%script alert(1)\n%img{src: '/none.png', style: 'color: red'}\n")
    boot_site
    sign_in("admin")
    expect(Accessibility.violations(page).map(&:rule)).to include("image-alt")
    expect(Browser.complaints(page).join("\n"))
      .to match(/inline script/).and match(/inline style/).and match(/none.png - Failed to load resource/)
  end
end
