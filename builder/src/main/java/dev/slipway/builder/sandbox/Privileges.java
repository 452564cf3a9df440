package dev.slipway.builder.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What this process may do, as {@code /proc/self} says.
 *
 * @param capabilities the effective set, bit by number
 * @param uids how many user ids the user namespace maps
 * @param gids how many group ids it maps
 * @param machine whether this is the machine's own user namespace
 * @param uid the effective user id
 */
record Privileges(long capabilities, long uids, long gids, boolean machine, int uid) {
  private static final long ALL_IDS = 4294967295L;

  static Privileges current() throws IOException {
    List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
    List<String> uidMap = Files.readAllLines(Path.of("/proc/self/uid_map"));
    return new Privileges(
        Long.parseUnsignedLong(field(status, "CapEff"), 16),
        mapped(uidMap),
        mapped(Files.readAllLines(Path.of("/proc/self/gid_map"))),
        // A namespace that the builder made may map every id onto itself, and looks alike.
        isIdentity(uidMap) && !UserNamespace.enteredByBuilder(),
        Integer.parseUnsignedInt(words(field(status, "Uid"))[1]));
  }

  boolean has(Capability capability) {
    return (capabilities & capability.bit()) != 0;
  }

  /** Whether files may be given to every id that images use in practice. */
  boolean mapsEveryId() {
    return uids >= 65536 && gids >= 65536;
  }

  private static boolean isIdentity(List<String> map) {
    if (map.size() != 1) {
      return false;
    }
    String[] words = words(map.getFirst());
    return words[0].equals("0") && words[1].equals("0") && Long.parseLong(words[2]) == ALL_IDS;
  }

  private static long mapped(List<String> map) {
    return map.stream().mapToLong(line -> Long.parseLong(words(line)[2])).sum();
  }

  private static String field(List<String> status, String name) {
    for (String line : status) {
      if (line.startsWith(name + ":")) {
        return line.substring(name.length() + 1).strip();
      }
    }
    throw new IllegalStateException("/proc/self/status has no " + name);
  }

  private static String[] words(String line) {
    return line.strip().split("\\s+", -1);
  }
}
