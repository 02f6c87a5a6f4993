# frozen_string_literal: true

Litestream::Engine.routes.draw do
  root "databases#index"
  resources :databases, only: :show do
    resources :syncs, only: :create
    resources :snapshots, only: :create
    resources :verifications, only: %i[create show]
    resources :restorations, only: %i[new create show]
  end
  resources :events, only: :index
  resource :health, only: :show, controller: :health
  get "assets/:digest/:name", to: "assets#show", as: :dashboard_asset, constraints: { name: /[a-z]+\.[a-z]+/ }
end
