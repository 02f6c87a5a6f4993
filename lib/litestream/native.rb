# frozen_string_literal: true

# The compiled extension, `Litestream::Native`: see ext/litestream.
begin
  require_relative "litestream_native"
rescue LoadError => e
  raise Litestream::NotCompiledError, "the extension of litestream-native is missing or does not fit this Ruby (#{e.message}): " \
                                      "run `bundle exec rake compile` in a checkout, `gem pristine litestream-native` otherwise"
end

unless Litestream::Native.version == Litestream::VERSION
  raise Litestream::NotCompiledError, "the extension of litestream-native is version #{Litestream::Native.version}, the Ruby " \
                                      "files are #{Litestream::VERSION}: compile again with `bundle exec rake compile`"
end
