# frozen_string_literal: true

require "digest"

module Litestream
  module Dashboard
    # A file of app/assets/litestream as the dashboard serves it.
    # @api private
    class Asset
      FOLDER = File.expand_path("../../../app/assets/litestream/litestream", __dir__)
      TYPES = { "dashboard.css" => "text/css; charset=utf-8", "dashboard.js" => "text/javascript; charset=utf-8" }.freeze
      private_constant :FOLDER, :TYPES

      # @return [Asset, nil] nil for any other name, or content that has changed since its URL was made
      def self.find(name, digest)
        return unless TYPES.key?(name)

        new(name).then { |asset| asset if asset.digest == digest }
      end

      attr_reader :name

      def initialize(name)
        @name = name
      end

      def content
        @content ||= File.read(File.join(FOLDER, name))
      end

      def type = TYPES.fetch(name)

      def digest = Digest::SHA256.hexdigest(content)[0, 16]
    end
  end
end
