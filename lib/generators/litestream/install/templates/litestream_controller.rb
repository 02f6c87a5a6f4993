# frozen_string_literal: true

module Admin
  # Who gets in is decided by the controller above; what there is to see, by Litestream::Admin.
  class LitestreamController < BaseController
    include Litestream::Admin
  end
end
