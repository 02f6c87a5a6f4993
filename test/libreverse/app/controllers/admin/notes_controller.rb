# frozen_string_literal: true

module Admin
  # The newest notes.
  class NotesController < BaseController
    def index
      @count = Note.count
      @notes = Note.order(id: :desc).limit(50)
    end
  end
end
