package dev.slipway.builder.sandbox;

import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code /dev}, {@code /proc} and {@code /sys} of a step where nothing can be mounted: the device
 * nodes that every container has, and what the kernel tells about the machine as a whole. There is
 * no {@code /proc/self}, and no pseudoterminal.
 */
final class DeviceFiles {
  /** Major and minor numbers (Linux, Documentation/admin-guide/devices.txt). */
  private record Numbers(int major, int minor) {}

  private static final Map<String, Numbers> NODES =
      Map.of(
          "null", new Numbers(1, 3),
          "zero", new Numbers(1, 5),
          "full", new Numbers(1, 7),
          "random", new Numbers(1, 8),
          "urandom", new Numbers(1, 9),
          "tty", new Numbers(5, 0));

  /** As in every container; they lead nowhere here, so that a program that needs them fails. */
  private static final Map<String, String> LINKS =
      Map.of(
          "fd", "/proc/self/fd",
          "stdin", "/proc/self/fd/0",
          "stdout", "/proc/self/fd/1",
          "stderr", "/proc/self/fd/2");

  /** Files of {@code /proc} that say nothing of processes. */
  private static final List<String> MACHINE =
      List.of("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version");

  private DeviceFiles() {}

  /** Makes a {@code /dev}. */
  static void dev(Dir parent, String name) throws LinuxException {
    parent.mkdir(name, 0755);
    parent.chmod(name, 0755);
    try (Dir dev = parent.openDirNoFollow(name)) {
      for (Map.Entry<String, Numbers> node : NODES.entrySet()) {
        Numbers number = node.getValue();
        dev.mknod(node.getKey(), FileType.CHARACTER_DEVICE, 0666, number.major(), number.minor());
        dev.chmod(node.getKey(), 0666);
      }
      for (Map.Entry<String, String> link : LINKS.entrySet()) {
        dev.symlink(link.getValue(), link.getKey());
      }
      dev.mkdir("shm", 0700);
      dev.chmod("shm", 01777);
    }
  }

  /** Makes a {@code /proc}. */
  static void proc(Dir parent, String name) throws IOException {
    parent.mkdir(name, 0555);
    parent.chmod(name, 0555);
    try (Dir proc = parent.openDirNoFollow(name)) {
      for (String file : MACHINE) {
        Path path = Path.of("/proc", file);
        if (Files.isReadable(path)) {
          PlainFiles.write(proc, file, Files.readAllBytes(path), 0444, 0, 0);
        }
      }
    }
  }

  /** Makes a {@code /sys}, in which there is nothing. */
  static void sys(Dir parent, String name) throws LinuxException {
    parent.mkdir(name, 0555);
    parent.chmod(name, 0555);
  }

  /**
   * Leaves out the device nodes of layers that lead to the machine: nothing here forbids a step to
   * open them. A layer made on top does not say that they are gone.
   */
  static Entries onlyHarmless(Entries all) {
    return visitor -> {
      Set<String> left = new HashSet<>();
      all.forEach(entry -> {
        if (entry instanceof Entry.Device device && !isHarmless(device)) {
          left.add(device.path());
        } else if (!(entry instanceof Entry.HardLink link && left.contains(link.target()))) {
          visitor.visit(entry);
        }
      });
    };
  }

  private static boolean isHarmless(Entry.Device device) {
    return device.type() == FileType.CHARACTER_DEVICE
        && NODES.containsValue(new Numbers(device.major(), device.minor()));
  }
}
