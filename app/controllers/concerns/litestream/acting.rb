# frozen_string_literal: true

module Litestream
  # For buttons on a database's page: what was done is said there, and so is what failed.
  module Acting
    extend ActiveSupport::Concern

    included { rescue_from(OperationFailed) { |error| failed(error) } }

    private

    # `what`: its sentence among the texts. There is no session to keep a message in.
    def done(what)
      Dashboard.listings.expire(report.database)
      redirect_to database_path(report, done: what), status: :see_other
    end

    def failed(error)
      @problem = error
      render "litestream/databases/show", locals: { report: report, window: nil }, status: :unprocessable_entity
    end
  end
end
