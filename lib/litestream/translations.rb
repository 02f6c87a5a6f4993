# frozen_string_literal: true

require "i18n"
require "yaml"

module Litestream
  # The sentences of the pages: in the application's locale where it translates `litestream.dashboard`, else in English. English
  # is read from its file, since the application may not have that locale.
  # @api private
  module Translations
    FILE = File.expand_path("../../config/locales/litestream.en.yml", __dir__)
    ENGLISH = YAML.safe_load(File.read(FILE)).dig("en", "litestream", "dashboard")
    private_constant :ENGLISH

    module_function

    # Language of that text: the application's locale, or its fallback, or English.
    def language(key)
      return :en unless I18n.locale_available?(I18n.locale)

      chain = I18n.backend.is_a?(I18n::Backend::Fallbacks) ? I18n.fallbacks[I18n.locale] : [I18n.locale]
      chain.find { |locale| I18n.exists?("litestream.dashboard.#{key}", locale, fallback: false) } || :en
    end

    # Not escaped. `count` picks the plural.
    def text(key, **values)
      translated = I18n.locale_available?(I18n.locale) ? I18n.t("litestream.dashboard.#{key}", default: "", **values) : ""
      translated.empty? ? english(key, values) : translated
    end

    # The decimal separator of the application's locale.
    def separator
      I18n.locale_available?(I18n.locale) ? I18n.t("number.format.separator", default: ".") : "."
    end

    def english(key, values)
      entry = ENGLISH.dig(*key.to_s.split(".")) or raise KeyError, "no text #{key} in #{FILE}"
      entry = entry.fetch(values[:count] == 1 ? "one" : "other") if entry.is_a?(Hash)
      I18n.interpolate(entry, values)
    end
    private_class_method :english
  end
end
