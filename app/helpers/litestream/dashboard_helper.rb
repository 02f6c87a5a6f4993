# frozen_string_literal: true

require "shellwords"

module Litestream
  # Values as text. The templates escape everything that comes from elsewhere.
  module DashboardHelper
    # Paths of a 20 × 20 box.
    ICONS = {
      safe: "M10 1.5 3 4v5.2c0 4.3 2.9 7.6 7 9.3 4.1-1.7 7-5 7-9.3V4L10 1.5ZM8.9 13 5.7 9.8l1.4-1.4 1.8 1.8 4-4 1.4 1.4L8.9 13Z",
      behind: "M10 1.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Zm1 9.1 3.3 2-1 1.7L9 11.7V5h2v5.6Z",
      failing: "M10 1.2 19.4 18H.6L10 1.2ZM9 7.5v5h2v-5H9Zm0 6.5v2h2v-2H9Z",
      off: "M10 1.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM6 9h8v2H6V9Z",
      info: "M10 1.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM9 9h2v6H9V9Zm0-4h2v2H9V5Z"
    }.freeze
    UNITS = %w[B KB MB GB TB].freeze
    EVENT_ICONS = { "info" => :info, "warn" => :behind, "error" => :failing }.freeze
    private_constant :ICONS, :UNITS, :EVENT_ICONS

    def text(key, **values)
      languages[Translations.language(key)] += 1
      Translations.text(key, **values)
    end

    # Language of most texts of this page up to here.
    def language = languages.max_by(&:last)&.first || :en

    def languages = @languages ||= Hash.new(0)

    # Decoration: the text beside it has the meaning.
    def icon(name)
      tag.svg(tag.path(d: ICONS.fetch(name), "fill-rule": "evenodd"), class: "icon", viewBox: "0 0 20 20", "aria-hidden": true)
    end

    # The key of the reason why there are no events.
    def no_events(telemetry)
      return "not_askable" if telemetry.switched_off?
      return "not_running" unless telemetry.running?

      telemetry.official? ? "official" : "none"
    end

    def event_icon(level) = icon(EVENT_ICONS.fetch(level, :info))

    def sentence(verdict)
      languages[Translations.language(verdict.key)] += 1
      verdict.sentence
    end

    # The part of a verdict that a screen reader reads again once it changes. A lag that grows is no news.
    def gist(verdict)
      first = verdict.first
      [verdict.state, verdict.reason, *([verdict.details[:count], first.id, first.verdict.reason] if first)].join(" ")
    end

    def badge(verdict)
      tag.span(safe_join([icon(verdict.tone), text("states.#{verdict.state}")]), class: "badge #{verdict.tone}")
    end

    # In UTC, until the script puts the reader's zone in its place.
    def moment(time)
      return text("never") unless time

      utc = time.getutc
      tag.time(utc.strftime("%Y-%m-%d %H:%M:%S UTC"), datetime: utc.iso8601(3))
    end

    def duration(seconds) = Health::Duration.text(seconds)

    # Not by number_to_human_size, whose units a host may not translate: "640 B", "4.5 KB", "1.2 GB"
    def bytes(number)
      power = number < 1024 ? 0 : [Math.log(number, 1024).floor, UNITS.size - 1].min
      scaled = number.fdiv(1024**power)
      "#{scaled < 100 && power.positive? ? decimal(scaled) : scaled.round} #{UNITS[power]}"
    end

    def decimal(number) = Health::Duration.decimal(number)

    def dollars(amount)
      return text("cost.less_than_a_cent") if amount < 0.01

      text("cost.dollars", amount: number_with_precision(amount, precision: 2, delimiter: ","))
    end

    def monthly(cost) = text(cost.requests ? "cost.month" : "cost.month_of_storage", amount: dollars(cost.total))

    # The prices behind the estimates.
    def cost_basis(prices)
      parts = [text("cost.basis", storage: prices.storage, upload: prices.upload), (text("cost.list") if prices.list?)]
      tag.p(safe_join(parts.compact, " "), class: "note fine")
    end

    def lane_name(lane)
      lane.level == Dashboard::Timeline::SNAPSHOT ? text("timeline.snapshots") : text("timeline.level", level: lane.level)
    end

    def verification_details(verification)
      return verification.message || text("verifications.running") unless verification.passed?

      text("verifications.facts", pages: number_with_delimiter(verification.pages), files: verification.files,
                                  size: bytes(verification.downloaded_bytes), seconds: duration(verification.seconds))
    end

    # The significant digits, apart from the zeros before them.
    def txid(digits)
      return text("none") unless digits

      significant = digits.sub(/\A0*(?=.)/, "")
      tag.code(safe_join([tag.span(digits.delete_suffix(significant), class: "zeros"), significant]), class: "txid")
    end

    # A name may hold any character.
    def restore_command(report, txid)
      "bin/rails litestream:restore -- --database=#{Shellwords.escape(report.name)} --txid=#{txid}"
    end

    def own_asset_path(name) = dashboard_asset_path(digest: Dashboard::Asset.new(name).digest, name: name)

    # Without JavaScript the page reloads itself. The script updates it without losing the reader's place.
    def under_way
      content_for :again, tag.noscript(tag.meta("http-equiv": "refresh", content: "2"))
    end

    # A part of the page that the script fetches again and again.
    def live(id, **options, &block)
      tag.div(capture(&block), id: id, "data-live": true, **options)
    end
  end
end
