package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What {@code /proc} says of processes and all that they started. */
final class ProcessTree {
  private static final long PAGE = 4096;
  private static final double TICKS_PER_SECOND = 100;

  private ProcessTree() {}

  /** The processes themselves and their descendants, as far as they are alive. */
  static Set<Long> of(List<Long> roots) {
    Set<Long> found = new HashSet<>();
    List<Long> open = new ArrayList<>(roots);
    while (!open.isEmpty()) {
      long pid = open.removeLast();
      if (found.add(pid)) {
        children(pid, open);
      }
    }
    return found;
  }

  private static void children(long pid, List<Long> into) {
    // A child belongs to the thread that started it.
    try (DirectoryStream<Path> tasks =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path task : tasks) {
        for (String child : read(task.resolve("children")).split(" ", -1)) {
          if (!child.isBlank()) {
            into.add(Long.parseLong(child.strip()));
          }
        }
      }
    } catch (IOException e) {
      // It has ended; so has its part in the count.
    }
  }

  /**
   * Resident memory of all of them, in bytes. A child that has been cloned and has not executed a
   * program yet shows the memory of its parent, which counts once.
   */
  static long resident(Set<Long> processes) {
    Map<Long, String> spaces = new HashMap<>();
    Map<Long, Long> pages = new HashMap<>();
    for (long pid : processes) {
      String[] fields = read(Path.of("/proc", Long.toString(pid), "statm")).split(" ", -1);
      if (fields.length > 1) {
        spaces.put(pid, fields[0] + " " + program(pid));
        pages.put(pid, Long.parseLong(fields[1]));
      }
    }
    long sum = 0;
    for (Map.Entry<Long, Long> one : pages.entrySet()) {
      String space = spaces.get(one.getKey());
      if (space != null && !space.equals(spaces.get(parent(one.getKey())))) {
        sum += one.getValue();
      }
    }
    return sum * PAGE;
  }

  private static String program(long pid) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "exe")).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static long parent(long pid) {
    String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    return fields.length > 1 ? Long.parseLong(fields[1]) : 0;
  }

  /** Processor time of all of them and of the children that they waited for, in seconds. */
  static double cpu(Set<Long> processes) {
    return processes.stream().mapToDouble(pid -> cpu(pid, 0, 4)).sum();
  }

  /** Processor time of the children that a process waited for, and of theirs, in seconds. */
  static double cpuOfEndedChildren(long pid) {
    return cpu(pid, 2, 4);
  }

  /** The sum of some of utime, stime, cutime, cstime. */
  private static double cpu(long pid, int from, int to) {
    String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
    // The name may hold anything, spaces too; utime is the twelfth field after it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    long ticks = 0;
    for (int i = from; i < to && 11 + i < fields.length; i++) {
      ticks += Long.parseLong(fields[11 + i]);
    }
    return ticks / TICKS_PER_SECOND;
  }

  /** Seconds that all processors together have been busy since this machine started. */
  static double busy() {
    String[] fields = read(Path.of("/proc/stat")).lines().findFirst().orElse("").split(" +", -1);
    long ticks = 0;
    // user, nice, system, then idle and iowait, then irq, softirq, steal.
    for (int i = 1; i < Math.min(fields.length, 9); i++) {
      ticks += i == 4 || i == 5 ? 0 : Long.parseLong(fields[i]);
    }
    return ticks / TICKS_PER_SECOND;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
