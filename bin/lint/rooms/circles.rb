# frozen_string_literal: true

require "tsort"

module Rooms
  # Circles in a graph of named edges: groups of nodes that reach each other.
  class Circles
    # `edges`: [from, to, what ties them].
    def initialize(edges)
      @edges = edges
      @targets = edges.group_by(&:first)
    end

    # Each circle as its nodes and the ties between them.
    def each
      groups = TSort.strongly_connected_components(each_node, each_target).select { |group| group.size > 1 }
      groups.map { |group| [group.sort, ties(group)] }
    end

    private

    def each_node
      nodes = @edges.flat_map { |from, to, _| [from, to] }.uniq.sort
      ->(&block) { nodes.each(&block) }
    end

    def each_target
      ->(node, &block) { @targets.fetch(node, []).each { |_, to, _| block.call(to) } }
    end

    def ties(group)
      @edges.select { |from, to, _| group.include?(from) && group.include?(to) }.map(&:last)
    end
  end
end
