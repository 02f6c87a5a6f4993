# frozen_string_literal: true

module Litestream
  module Dashboard
    # What keeping a replica costs a month on Amazon S3, roughly: what lies there now, and uploads at today's rate. Other stores
    # are cheaper; most ask nothing for requests.
    class Cost
      # US dollars: S3 Standard, us-east-1, first 50 TB, as https://aws.amazon.com/s3/pricing/ had it in 2025.
      GIGABYTE_MONTH = 0.023
      PUT = 0.005 / 1000
      GIGABYTE = 1024**3
      MONTH = 30 * 24 * 60 * 60
      # The rate of a process that runs shorter (seconds) says nothing.
      LEAST_UPTIME = 600

      # `uploads` within `uptime` seconds.
      def initialize(bytes:, uploads: 0, uptime: 0)
        @bytes = bytes
        @uploads = uploads
        @uptime = uptime
      end

      def storage = @bytes * GIGABYTE_MONTH / GIGABYTE

      # Nil where it is too early to tell.
      def requests
        @uploads * PUT * MONTH / @uptime if @uptime >= LEAST_UPTIME
      end

      def total = storage + requests.to_f
    end
  end
end
