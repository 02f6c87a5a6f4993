# frozen_string_literal: true

module Litestream
  module Generators
    # The dashboard's route, if the application has one already. A second one would keep it from booting.
    class DashboardMount
      PAGE = "/admin/litestream"
      PAGE_NAME = "admin_litestream"
      FILES = "config/{routes,routes/**/*}.rb"
      private_constant :PAGE, :PAGE_NAME, :FILES

      def initialize(root)
        @root = root
      end

      def exist? = place ? true : false

      # In words: as the routes of this environment have it, else as a file has it for another one. nil where there is none.
      def place = route ? "at #{path}" : file && "in #{file}"

      # True where it has the path or the name of the admin page.
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
