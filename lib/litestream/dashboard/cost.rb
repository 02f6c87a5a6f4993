# frozen_string_literal: true

module Litestream
  module Dashboard
    # An estimate of a replica's cost for a month: the bytes in the store now, and uploads at today's rate. Many stores charge less
    # than Amazon S3, and nothing for requests.
    # @api private
    class Cost
      # US dollars for a gigabyte a month, and for a thousand uploads.
      Prices = Struct.new(:storage, :upload, keyword_init: true) do
        def self.of(configuration)
          new(storage: price(:storage_price, configuration) || LIST.storage, upload: price(:upload_price, configuration) || LIST.upload)
        end

        def self.price(name, configuration)
          given = configuration.public_send(name)
          given && Float(given)
        rescue ::ArgumentError, TypeError
          raise ConfigurationError, "config.litestream.#{name} is #{given.inspect}: set it to a number of US dollars"
        end
        private_class_method :price

        def list? = self == LIST
      end

      # S3 Standard, us-east-1, first 50 TB, from https://aws.amazon.com/s3/pricing/ in 2025.
      LIST = Prices.new(storage: 0.023, upload: 0.005).freeze

      GIGABYTE = 1024**3
      MONTH = 30 * 24 * 60 * 60
      # Seconds a process has to run before its rate of uploads means anything.
      LEAST_UPTIME = 600

      # @param uploads [Integer] within `uptime` seconds
      def initialize(prices, bytes:, uploads: 0, uptime: 0)
        @prices = prices
        @bytes = bytes
        @uploads = uploads
        @uptime = uptime
      end

      def storage = @bytes * @prices.storage / GIGABYTE

      # nil while the rate of uploads is not known.
      def requests
        @uploads * @prices.upload * MONTH / 1000 / @uptime if @uptime >= LEAST_UPTIME
      end

      def total = storage + requests.to_f
    end
  end
end
