# frozen_string_literal: true

require "fileutils"

module Litestream
  # Files and folders for their owner alone, whatever the umask and whatever their mode before: a local user who may read a
  # lock file may lock it. Failures are SystemCallErrors.
  # @api private
  module Private
    # Permissions of the group and of all other users.
    OTHERS = 0o077
    private_constant :OTHERS

    module_function

    # An existing folder keeps its mode; see `close`.
    def create_folder(path)
      FileUtils.mkdir_p(File.dirname(path))
      Dir.mkdir(path, 0o700)
    rescue Errno::EEXIST
      raise Errno::ENOTDIR, path unless File.directory?(path)
    end

    # Creates the file, or takes the permissions of all others from an existing one.
    def open(path, flags)
      File.open(path, flags, 0o600).tap { |file| restrict(file) }
    end

    # Takes the permissions of all others from a file or folder.
    def close(path) = File.open(path) { |file| restrict(file) }

    # The mode stays as it is if the file system knows no permissions, or if the file belongs to another user.
    def restrict(file)
      mode = file.stat.mode & 0o7777
      file.chmod(mode & ~OTHERS) if mode.anybits?(OTHERS)
    rescue Errno::EPERM, Errno::ENOTSUP
      nil
    end

    private_class_method :restrict
  end
end
