# frozen_string_literal: true

module Litestream
  # Settings. A value set here precedes the environment variable, which precedes the default. Blank is missing. Nothing is ever
  # written to ENV.
  class Configuration
    Setting = Struct.new(:variable, :default, :secret)
    private_constant :Setting

    # Each setting with its environment variable and default.
    SETTINGS = {
      # A bucket name, or s3://bucket/prefix, or s3://bucket.host:port/
      replica_bucket: Setting.new("LITESTREAM_REPLICA_BUCKET"),
      replica_key_id: Setting.new("LITESTREAM_ACCESS_KEY_ID", nil, true),
      replica_access_key: Setting.new("LITESTREAM_SECRET_ACCESS_KEY", nil, true),
      replica_region: Setting.new("LITESTREAM_REPLICA_REGION", "us-east-1"),
      # http://localhost:9000; nil: AWS
      replica_endpoint: Setting.new("LITESTREAM_REPLICA_ENDPOINT"),
      # litestream.yml, relative to `root`
      config_path: Setting.new("LITESTREAM_CONFIG", "config/litestream.yml"),
      # relative to `root`
      socket_path: Setting.new("LITESTREAM_SOCKET", "tmp/litestream.sock"),
      # "native": our executable. "litestream": the official one, from install_dir or PATH
      engine: Setting.new("LITESTREAM_ENGINE", "native"),
      install_dir: Setting.new("LITESTREAM_INSTALL_DIR"),
      # The dashboard's basic authentication
      username: Setting.new("LITESTREAM_USERNAME", "litestream"),
      password: Setting.new("LITESTREAM_PASSWORD", nil, true),
      # A controller of the application that lets only administrators pass; the dashboard's controllers inherit from it
      base_controller_class: Setting.new,
      # Guard of the dashboard: "password", "base_controller" or "routes" (it is mounted inside a constraint). nil: the first of
      # the first two that is set; without those the dashboard is closed
      dashboard_guard: Setting.new,
      # Folder of the copies that the dashboard restores, relative to `root`
      copies_path: Setting.new("LITESTREAM_COPIES_PATH", "storage/restored"),
      # Prices of the dashboard's estimate of the cost, in US dollars: a gigabyte for a month, and a thousand uploads; nil: a list
      # price
      storage_price: Setting.new,
      upload_price: Setting.new,
      # Queue of verification jobs
      queue: Setting.new("LITESTREAM_QUEUE", "default"),
      # Read from existing configurations; the process is found through its control socket
      systemctl_command: Setting.new(nil, "systemctl status litestream")
    }.freeze

    # Resolved by the extension, which reports what is missing and expands litestream.yml.
    RESOLVED = %i[replica_bucket replica_key_id replica_access_key replica_region replica_endpoint].freeze
    private_constant :RESOLVED

    SETTINGS.each do |name, setting|
      define_method(name) do
        given(@explicit[name]) || given(setting.variable && @env[setting.variable]) || setting.default
      end

      define_method(:"#{name}=") { |value| @explicit[name] = value }
    end

    # true, false, or nil: enabled if the environment is complete. Or a lambda that reads a setting of the application, called when
    # a server has loaded the application; see Switch.
    attr_accessor :enabled

    # A lambda that writes that setting (true or false); with it the admin page has a button.
    attr_accessor :switch

    # true or false where it cannot be seen whether this process serves the application (see ServerDetection); nil: detect.
    attr_accessor :server

    # Folder that relative paths start from.
    attr_accessor :root

    # Paths of the databases that are replicated without a litestream.yml.
    attr_accessor :databases

    # @param env [Hash{String => String}] environment variables
    def initialize(env: ENV)
      @env = env
      @explicit = {}
      @enabled = nil
      @root = Dir.pwd
      @databases = []
    end

    # Path of litestream.yml.
    def absolute_config_path
      File.expand_path(config_path, root)
    end

    # The control socket of the replicator, unless litestream.yml names another.
    def absolute_socket_path
      File.expand_path(socket_path, root)
    end

    # @api private
    # The same for another file of the supervisors.
    def beside_socket(extension)
      socket = absolute_socket_path
      socket.delete_suffix(File.extname(socket)) + extension
    end

    # Folder of the copies that the dashboard restores.
    def absolute_copies_path
      File.expand_path(copies_path, root)
    end

    # @api private
    # @return [Native::Environment] `report` (one hash per variable, never a value), `missing` (names), `require!`; read anew
    def environment
      explicit = RESOLVED.select { |name| given(@explicit[name]) }
      Native::Environment.resolve(explicit.to_h { |name| [SETTINGS[name].variable, public_send(name).to_s] }, variables)
    end

    # Names the secrets that are set, without their values.
    def inspect
      values = SETTINGS.map do |name, setting|
        value = public_send(name)
        "#{name}=#{setting.secret && value ? "[redacted]" : value.inspect}"
      end
      "#<#{self.class} enabled=#{enabled.inspect} root=#{root.to_s.inspect} #{values.join(" ")}>"
    end

    # Keeps instance variables, and so secrets, out of pretty-printing.
    def pretty_print(printer)
      printer.text(inspect)
    end

    private

    # For `$VAR` in litestream.yml and for the search of the official executable.
    def variables
      install_dir ? @env.to_h.merge(SETTINGS[:install_dir].variable => install_dir.to_s) : @env.to_h
    end

    def given(value)
      value unless value.nil? || value.to_s.strip.empty?
    end
  end
end
