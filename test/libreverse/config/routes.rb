# frozen_string_literal: true

Rails.application.routes.draw do
  root "notes#index"
  resources :notes, only: %i[index create]

  namespace :admin do
    root "notes#index"
    resources :notes, only: :index

    get "litestream", to: "litestream#index"
    scope "litestream", controller: :litestream, as: :litestream do
      get :databases
      get :generations
      get :snapshots
      post :verify
      post :enable
      post :disable
      get "verifications/:id", action: :verification, as: :verification
    end
  end

  mount Litestream::Engine, at: "/admin/litestream/dashboard"
end
