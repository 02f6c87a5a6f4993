# frozen_string_literal: true

# The one account that may open the admin pages.
class Administrator
  def self.configured
    new(name: ENV["LIBREVERSE_ADMIN_NAME"], password: ENV["LIBREVERSE_ADMIN_PASSWORD"])
  end

  def initialize(name:, password:)
    @name = name
    @password = password
  end

  # Takes the same time whatever is wrong.
  def authenticate?(name, password)
    return false if @name.blank? || @password.blank?

    same?(name, @name) & same?(password, @password)
  end

  private

  def same?(given, expected)
    ActiveSupport::SecurityUtils.secure_compare(given.to_s, expected)
  end
end
