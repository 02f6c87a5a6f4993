# frozen_string_literal: true

require "spec_helper"
require "time"

RSpec.describe "The dashboard's answers to requests", :integration, :dashboard_requests do
  def preview(time) = ask("#{database_page}/restorations/new?target=time&time=#{CGI.escape(time)}").body

  def planned(time) = preview(time)[/name="txid" value="(\h{16})"/, 1]

  # Time of the newest state in the picture, and of what a preview of it restores.
  def newest_times(txid)
    drawn = ask(database_page).body[/--txid=#{txid}" data-time="([^"]+)"/, 1]
    [drawn, ask("#{database_page}/restorations/new?target=txid&txid=#{txid}").body[/<time datetime="([^"]+)"/, 1]]
  end

  it "restores by a time: of a zone, or of UTC where none is said, the whole of the second" do
    server = asking(boot)
    server.write("one", durable: true)
    first = newest_txid(server)
    next_seconds
    server.write("two", durable: true)
    at = Time.iso8601(ask("#{database_page}/restorations/new?target=txid&txid=#{first}").body[/<time datetime="([^"]+)"/, 1])

    [at.utc.strftime("%F %T"), at.utc.strftime("%FT%TZ"), at.getlocal("-05:00").strftime("%FT%T%:z"),
     at.getlocal("+05:30").strftime("%F %T %z"), at.utc.strftime("%FT%T.%LZ")].each { |time| expect(planned(time)).to eq(first), time }
    copy = ask("#{database_page}/restorations", form: { txid: planned(at.utc.strftime("%F %T")) })
    body = poll("the copy") { ask(URI(copy["Location"]).path).body.then { |page| page unless page.include?("class=\"progress\"") } }
    expect(body).to include("The copy is complete")
    copies = Dir[File.join(app.root, "storage/restored/*.sqlite3")]
    expect(copies.map { |path| run!("sqlite3", path, "SELECT body FROM notes") }).to eq(["one\n"])
  end

  it "shows the time of a state, not of its merge" do
    server = asking(boot.tap { |started| started.write("one", durable: true) })
    next_seconds
    expect(ask("#{database_page}/snapshots", form: {}).code).to eq("303")

    expect(newest_times(newest_txid(server)).uniq).to match([/\A20\d\d-/])
  end

  it "says that there is no folder for a copy, where something else has its place" do
    asking(boot.tap { |server| server.write("a row", durable: true) })
    File.write(File.join(app.root, "storage/restored"), "")

    expect(ask(database_page)).to have_attributes(code: "200", body: a_string_including("storage/restored", "Restorable states"))
    copy = ask("#{database_page}/restorations", form: { txid: "1" })
    expect([copy.code, copy.body]).to match(["500", /role="alert".*storage\/restored/m])
    expect(ask("#{database_page}/restorations/0").code).to eq("500")
    expect(status("#{DashboardPages::DASHBOARD}/")).to eq(200)
  end

  it "says why a verification could not be queued" do
    host_file("config/initializers/queue.rb", <<~RUBY)
      class FullQueue
        def enqueue(_) = raise(IOError, "the queue <is> full")

        def enqueue_at(job, _) = enqueue(job)

        def enqueue_after_transaction_commit? = false
      end
      Rails.application.config.active_job.queue_adapter = FullQueue.new
    RUBY
    asking(boot.tap { |server| server.write("a row", durable: true) })

    failed = ask("#{database_page}/verifications", form: {})
    expect([failed.code, failed.body]).to match(["422", /role="alert".*could not be queued.*the queue &lt;is&gt; full/m])
    expect(failed.body).not_to include("Queued")
  end

  it "reloads itself without scripts while something is under way, and only then" do
    asking(boot.tap { |server| server.write("a row", durable: true) })
    verification = URI(ask("#{database_page}/verifications", form: {})["Location"]).path
    ended = nil
    poll("the verification's end") do
      page = ask(verification).body
      expect(page.include?("<noscript><meta http-equiv=\"refresh\"")).to eq(page.include?("class=\"progress\""))
      ended = page unless page.include?("class=\"progress\"")
    end
    expect(ended).to include("page by page").and not_include("http-equiv=\"refresh\"")
    dashboard_pages.each { |path| expect(ask(path).body).not_to include("http-equiv=\"refresh\"") }
  end
end
