# frozen_string_literal: true

require "erb"

require_relative "failure_summary"

module Litestream
  # litestream.yml as the extension understands it: ERB first, then `$VARIABLES`, then YAML.
  # @api private
  module ConfigFile
    module_function

    # Reads it anew at each call. Without a file, every database of `configuration.databases` goes into the bucket that the
    # environment names.
    # @return [Native::Config]
    # @raise [ConfigurationError, FileError]
    def read(configuration, path: nil)
      file = path ? File.expand_path(path, configuration.root) : configuration.absolute_config_path
      return parse(configuration, file) if File.exist?(file)
      return from_environment(configuration) if path.nil? && configuration.databases.any?

      raise ConfigurationError, "no configuration at #{file}: create it with `rails generate litestream:install`, or set " \
                                "config_path or LITESTREAM_CONFIG"
    end

    def parse(configuration, file)
      name = file.delete_prefix("#{configuration.root}/")
      Native::Config.parse(evaluate(content(file, name), file, name), name, configuration.root.to_s, configuration.environment,
                           configuration.absolute_socket_path)
    end

    def from_environment(configuration)
      Native::Config.from_environment(configuration.environment, configuration.databases.map(&:to_s), configuration.root.to_s,
                                      configuration.absolute_socket_path)
    end

    def content(file, name)
      File.read(file)
    rescue SystemCallError => e
      raise FileError, "read #{name}: #{e.message}"
    end

    # Neither the message nor the cause of a failure is kept: both may repeat a secret.
    def evaluate(text, file, name)
      template = ERB.new(text, trim_mode: "-")
      template.filename = file
      template.result
    rescue StandardError, ScriptError => e
      summary = FailureSummary.new(e, file, text)
      place = summary.line ? "#{name}, line #{summary.line}" : name
      raise ConfigurationError, "#{place}: the ERB failed: #{summary}; its message is left out, since it may repeat a secret",
            cause: nil
    end

    private_class_method :parse, :from_environment, :content, :evaluate
  end
end
