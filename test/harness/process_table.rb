# frozen_string_literal: true

module Harness
  # The processes of this machine at one instant.
  class ProcessTable
    Entry = Struct.new(:pid, :parent, :state, :command, keyword_init: true)

    def self.read
      entries = File.exist?("/proc/self/stat") ? from_proc : from_ps
      new(entries.reject { |entry| entry.state.start_with?("Z") })
    end

    def self.from_proc
      Dir.children("/proc").grep(/\A\d+\z/).filter_map do |pid|
        # The second field is the name in parentheses, which may hold anything.
        state, parent = File.read("/proc/#{pid}/stat").rpartition(")").last.split
        Entry.new(pid: pid.to_i, parent: parent.to_i, state: state, command: File.read("/proc/#{pid}/cmdline").tr("\0", " ").strip)
      rescue Errno::ENOENT, Errno::ESRCH
        nil # ended meanwhile
      end
    end

    def self.from_ps
      `ps -A -o pid=,ppid=,stat=,args=`.lines.map do |line|
        pid, parent, state, command = line.strip.split(" ", 4)
        Entry.new(pid: pid.to_i, parent: parent.to_i, state: state, command: command.to_s)
      end
    end

    private_class_method :from_proc, :from_ps

    def initialize(entries)
      @entries = entries.to_h { |entry| [entry.pid, entry] }
      @children = entries.group_by(&:parent)
    end

    def alive?(pid) = @entries.key?(pid)

    def command(pid) = @entries.fetch(pid).command

    def parent(pid) = @entries.fetch(pid).parent

    def descendants(pid)
      @children.fetch(pid, []).flat_map { |child| [child.pid, *descendants(child.pid)] }
    end

    def workers(master)
      @children.fetch(master, []).select { |child| child.command.start_with?("puma: cluster worker") }.map(&:pid)
    end

    def replicators(ancestor)
      descendants(ancestor).select { |pid| @entries.fetch(pid).command.match?(/litestream\b.*\breplicate\b/) }
    end
  end
end
