# frozen_string_literal: true

module Litestream
  # For buttons on a database's page: what was done is said there, and so is what failed.
  module ReportsOutcome
    extend ActiveSupport::Concern

    included do
      rescue_from(OperationFailed) { |error| failed(error) }
      # The database's page may need the very file.
      rescue_from(FileError) { |error| refuse(error, :internal_server_error) }
    end

    private

    # `what`: its sentence among the texts. There is no session to keep a message in.
    def done(what)
      Health::ListingCache.shared.expire(report.database)
      redirect_to database_path(report, done: what), status: :see_other
    end

    def failed(error)
      @problem = error
      render "litestream/databases/show", locals: { report: report, window: nil }, status: :unprocessable_entity
    end
  end
end
