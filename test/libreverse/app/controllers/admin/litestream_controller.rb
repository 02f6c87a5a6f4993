# frozen_string_literal: true

module Admin
  # The superclass decides about access, Litestream::Admin about the content.
  class LitestreamController < BaseController
    include Litestream::Admin
  end
end
