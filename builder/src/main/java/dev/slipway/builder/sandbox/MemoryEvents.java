package dev.slipway.builder.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How often the kernel has killed for want of memory in the builder's control group, version 1 or
 * 2. Steps run in the same group, as a pod may not make groups of its own.
 */
final class MemoryEvents {
  /**
   * @param file with a line {@code oom_kill N}
   * @param limit the file with the limit in bytes
   */
  private record Group(Path file, Path limit) {}

  private static final String KILLS = "oom_kill ";

  private final Optional<Group> group;

  private MemoryEvents(Optional<Group> group) {
    this.group = group;
  }

  static MemoryEvents ofThisProcess() {
    try {
      return new MemoryEvents(
          find(
              Files.readAllLines(Path.of("/proc/self/cgroup")),
              Files.readAllLines(Path.of("/proc/self/mountinfo"))));
    } catch (IOException e) {
      return new MemoryEvents(Optional.empty());
    }
  }

  private static Optional<Group> find(List<String> groups, List<String> mounts) {
    for (String group : groups) {
      // hierarchy:controllers:path
      String[] fields = group.split(":", 3);
      boolean unified = fields[0].equals("0");
      if (!unified && !List.of(fields[1].split(",", -1)).contains("memory")) {
        continue;
      }
      Optional<Path> directory = directory(mounts, unified, fields[2]);
      if (directory.isEmpty()) {
        continue;
      }
      Path at = directory.get();
      Group files =
          unified
              ? new Group(at.resolve("memory.events"), at.resolve("memory.max"))
              : new Group(at.resolve("memory.oom_control"), at.resolve("memory.limit_in_bytes"));
      if (Files.isReadable(files.file)) {
        return Optional.of(files);
      }
    }
    return Optional.empty();
  }

  /** Where the group is mounted: mountinfo's fourth field is the mount's root in the hierarchy. */
  private static Optional<Path> directory(List<String> mounts, boolean unified, String group) {
    for (String mount : mounts) {
      String[] halves = mount.split(" - ", 2);
      String[] left = halves[0].split(" ", -1);
      String[] right = halves[1].split(" ", -1);
      boolean fits =
          unified
              ? right[0].equals("cgroup2")
              : right[0].equals("cgroup") && List.of(right[2].split(",", -1)).contains("memory");
      if (fits) {
        String root = left[3].equals("/") ? "" : left[3];
        String below = group.startsWith(root) ? group.substring(root.length()) : group;
        return Optional.of(Path.of(left[4] + below));
      }
    }
    return Optional.empty();
  }

  /** The count so far; 0 where it cannot be known. */
  long kills() {
    try {
      if (group.isPresent()) {
        String text = Files.readString(group.get().file);
        int at = text.startsWith(KILLS) ? 0 : text.indexOf('\n' + KILLS) + 1;
        int end = text.indexOf('\n', at);
        if (text.startsWith(KILLS, at) && end > 0) {
          return Long.parseLong(text.substring(at + KILLS.length(), end).strip());
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Then nobody can tell; the step's own exit code still says that it failed.
    }
    return 0;
  }

  /** The limit of the group in bytes, -1 for none. */
  long limit() {
    try {
      if (group.isPresent()) {
        String text = Files.readString(group.get().limit).strip();
        long limit = text.equals("max") ? -1 : Long.parseLong(text);
        // Version 1 says "none" by the largest number of whole pages.
        return limit >= Long.MAX_VALUE - 65536 ? -1 : limit;
      }
    } catch (NoSuchFileException e) {
      return -1;
    } catch (IOException | NumberFormatException e) {
      // as above
    }
    return -1;
  }
}
