# frozen_string_literal: true

module Litestream
  # For buttons on a database's page, which reports both their success and their failure.
  module ReportsOutcome
    extend ActiveSupport::Concern

    included do
      rescue_from(OperationFailed) { |error| failed(error) }
      # The database's page may need the same file.
      rescue_from(FileError) { |error| refuse(error, :internal_server_error) }
    end

    private

    # @param outcome [Symbol] names its sentence below `show.done`; there is no session to keep a message in
    def done(outcome)
      Health::ListingCache.shared.expire(report.database)
      redirect_to database_path(report, done: outcome), status: :see_other
    end

    def failed(error)
      @problem = error
      render "litestream/databases/show", locals: { report: report, window: nil }, status: :unprocessable_entity
    end
  end
end
