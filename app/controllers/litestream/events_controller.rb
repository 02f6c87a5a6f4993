# frozen_string_literal: true

module Litestream
  class EventsController < ApplicationController
    def index
      render locals: { overview: overview }
    end
  end
end
