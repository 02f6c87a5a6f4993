# frozen_string_literal: true

require "spec_helper"
require "litestream/dashboard"

RSpec.describe Litestream::Translations do
  def with(translations, backend: I18n::Backend::Simple)
    before = I18n.backend
    I18n.backend = backend.new
    I18n.available_locales = [:en, *translations.keys]
    translations.each { |locale, texts| I18n.backend.store_translations(locale, litestream: { dashboard: texts }) }
    yield
  ensure
    I18n.backend = before
    I18n.available_locales = nil
  end

  def said(locale, key) = I18n.with_locale(locale) { [described_class.text(key), described_class.language(key)] }

  it "knows the language of each text" do
    with({ de: { never: "nie" } }) do
      expect(said(:de, "never")).to eq(["nie", :de])
      expect(said(:de, "none")).to eq(["none", :en])
    end
  end

  it "follows the application to the fallback of a language" do
    falling_back = Class.new(I18n::Backend::Simple) { include I18n::Backend::Fallbacks }
    with({ de: { never: "nie" }, "de-AT": { none: "koans" } }, backend: falling_back) do
      expect(said(:"de-AT", "never")).to eq(["nie", :de])
      expect(said(:"de-AT", "none")).to eq(["koans", :"de-AT"])
      expect(said(:"de-AT", "unknown")).to eq(["not known", :en])
    end
  end
end
