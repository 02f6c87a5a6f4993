# frozen_string_literal: true

module Litestream
  module Generators
    # The dashboard's route, where the application has one already: a second one would keep it from booting.
    class DashboardMount
      PAGE = "/admin/litestream"
      PAGE_NAME = "admin_litestream"
      FILES = "config/{routes,routes/**/*}.rb"
      private_constant :PAGE, :PAGE_NAME, :FILES

      def initialize(root)
        @root = root
      end

      def exist? = place ? true : false

      # In words; nil where there is none. What the routes are in this environment, or are written to be in another.
      def place = route ? "at #{path}" : file && "in #{file}"

      # Nothing else can have the path or the name of the admin page, then.
      def in_the_way? = route ? path == PAGE || route.name == PAGE_NAME : false

      private

      def route
        return @route if defined?(@route)

        @route = Litestream.const_defined?(:Engine) ? Engine.mount_route : nil
      end

      def path = route.path.spec.to_s

      def file
        Dir.glob(FILES, base: @root).find do |name|
          File.foreach(File.join(@root, name)).any? { |line| line.sub(/(^|\s)#.*/, "").include?("Litestream::Engine") }
        end
      end
    end
  end
end
