# frozen_string_literal: true

# A JSON resource, so that tests and the demo write through the app.
class NotesController < ApplicationController
  protect_from_forgery with: :null_session

  def index
    render json: Note.order(:id).pluck(:id, :body).map { |id, body| {id: id, body: body} }
  end

  # With durable=1 the answer waits until the store has acknowledged the row, and everything committed before it.
  def create
    note = Note.create!(body: params.require(:body))
    txid = Litestream.sync! if params[:durable]
    render json: {id: note.id, body: note.body, txid: txid}, status: :created
  end
end
