# frozen_string_literal: true

module Admin
  # What has been written lately.
  class NotesController < BaseController
    def index
      @count = Note.count
      @notes = Note.order(id: :desc).limit(50)
    end
  end
end
