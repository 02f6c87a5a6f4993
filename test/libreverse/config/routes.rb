# frozen_string_literal: true

Rails.application.routes.draw do
  resources :notes, only: %i[index create]

  namespace :admin do
    get "litestream/status", to: "litestream#status"
  end
end
