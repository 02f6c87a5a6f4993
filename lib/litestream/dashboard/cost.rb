# frozen_string_literal: true

module Litestream
  module Dashboard
    # What keeping a replica costs a month, roughly: what lies there now, and uploads at today's rate. Many stores ask less than
    # Amazon S3, and nothing for requests.
    class Cost
      # US dollars for a gigabyte and month, and for a thousand uploads.
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

      # S3 Standard, us-east-1, first 50 TB, as https://aws.amazon.com/s3/pricing/ had it in 2025.
      LIST = Prices.new(storage: 0.023, upload: 0.005).freeze

      GIGABYTE = 1024**3
      MONTH = 30 * 24 * 60 * 60
      # The rate of a process that runs shorter (seconds) says nothing.
      LEAST_UPTIME = 600

      # `uploads` within `uptime` seconds.
      def initialize(prices, bytes:, uploads: 0, uptime: 0)
        @prices = prices
        @bytes = bytes
        @uploads = uploads
        @uptime = uptime
      end

      def storage = @bytes * @prices.storage / GIGABYTE

      # Nil where it is too early to tell.
      def requests
        @uploads * @prices.upload * MONTH / 1000 / @uptime if @uptime >= LEAST_UPTIME
      end

      def total = storage + requests.to_f
    end
  end
end
