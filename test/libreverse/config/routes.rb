# frozen_string_literal: true

Rails.application.routes.draw do
  root "notes#index"
  resources :notes, only: %i[index create]

  namespace :admin do
    get "litestream/status", to: "litestream#status"
  end
end
