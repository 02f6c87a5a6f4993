# frozen_string_literal: true

# The accounts: one administrator and one user, from the environment. An account without a password is closed.
class Account
  ROLES = %w[ADMIN USER].freeze
  private_constant :ROLES

  # nil where name or password is wrong. Takes the same time for every wrong one.
  def self.authenticate(name, password)
    ROLES.map { |role| new(role) }.select { |account| account.matches?(name, password) }.first
  end

  def initialize(role)
    @role = role
    @name = ENV.fetch("LIBREVERSE_#{role}_NAME", "")
    @password = ENV.fetch("LIBREVERSE_#{role}_PASSWORD", "")
  end

  def admin? = @role == "ADMIN"

  def matches?(name, password)
    same?(name, @name) & same?(password, @password) & @password.present?
  end

  private

  # Active Support's comparison ends at once where the lengths differ.
  def same?(given, expected)
    OpenSSL.secure_compare(given.to_s, expected)
  end
end
