# frozen_string_literal: true

class Note < ApplicationRecord
  validates :body, presence: true
end
