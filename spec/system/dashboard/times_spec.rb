# frozen_string_literal: true

require "time"

# Readers of any time zone type the times that the page shows.
RSpec.describe "The dashboard's times" do
  def two_states(server)
    server.write("one", durable: true)
    first = newest_txid(server)
    next_seconds
    server.write("two", durable: true)
    first
  end

  # Text of a state in the timeline, for the eye and for a screen reader.
  def mark(txid)
    link = find(".timeline a[href$='#{txid}']")
    link.find(".dot").hover
    time = readout[/\A\s*(.+?[AP]M)/, 1]
    expect(link["aria-label"]).to include(time).and not_include("UTC")
    time
  end

  def utc(txid) = find(".timeline a[href$='#{txid}']")["data-utc"]

  def restore_by(time)
    click_on "Restore a copy"
    type_time(time)
    expect(find_field("target-time")).to be_checked
    click_on "Preview"
  end

  ["America/New_York", :another_day].each do |choice|
    it "are those of the reader, who restores by them (#{choice})" do
      server = boot_site
      txid = two_states(server)
      zone = choice == :another_day ? zone_of_another_day : choice
      in_zone(zone) do
        sign_in("admin")
        visit database_page
        shown = shown_time(mark(txid))
        expect(utc(txid)).not_to start_with(shown.strftime("%F")) if choice == :another_day
        restore_by(shown)
        expect(page).to have_css("#plan").and have_css("#plan ~ dl .txid", text: txid)
        expect(shown_time(find("#plan ~ dl time").text)).to eq(shown)
        expect(page).to have_field("time", with: shown.strftime("%Y-%m-%dT%H:%M:%S").delete_suffix(":00"))
        expect(page).to have_css("#time-hint", text: zone.tr("_", " "))
        inspect_page("dashboard-restore-by-time-#{choice.to_s[/\w+\z/]}")
        click_on "Restore this copy"
        expect(page).to have_css(".notice.safe", text: "The copy is complete")
        copies = Dir[File.join(app.root, "storage/restored/*.sqlite3")]
        expect(copies.map { |copy| run!("sqlite3", copy, "SELECT body FROM notes") }).to eq(["one\n"])
      end
    end
  end

  it "keep their meaning in the hour that a clock has twice, and say when nothing is that old", refusals: true do
    boot_site.write("one", durable: true)
    in_zone("America/New_York") do
      sign_in("admin")
      ["2020-11-01T05:30:00Z", "2020-11-01T06:30:00Z"].each do |time|
        visit "#{database_page}/restorations/new?target=time&time=#{time}"
        expect(page).to have_field("time", with: "2020-11-01T01:30").and have_css("[role=alert]", text: "can be restored")
        click_on "Preview"
        expect(page).to have_css("[role=alert]", text: "can be restored")
        expect(CGI.unescape(page.current_url)).to end_with("time=#{time}")
      end
      inspect_page("dashboard-restore-too-early")
    end
  end

  it "are UTC where there are no scripts" do
    server = boot_site(javascript: false)
    txid = two_states(server)
    in_zone("America/New_York") do
      sign_in("admin")
      visit database_page
      shown = utc(txid)
      expect(find(".timeline a[href$='#{txid}']")["aria-label"]).to include(shown)
      click_on "Restore a copy"
      expect(page).to have_css("#time-hint", text: "UTC")
      choose "target-time"
      fill_in "time", with: shown.delete_suffix(" UTC")
      click_on "Preview"
      expect(page).to have_css("#plan ~ dl .txid", text: txid)
      click_on "Restore this copy"
      expect(page).to have_text("The copy is complete")
    end
  end
end
