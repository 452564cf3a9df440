package dev.slipway.e2e.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Cases that are expected to fail: a name and a reason a line. */
final class KnownFailures {
  private KnownFailures() {}

  /** For now, in every tier: reasons by the name of the case. */
  static Map<String, String> read(Path cases) throws IOException {
    return readFile(cases.resolve("known-failures.txt"));
  }

  /** In the chroot tier, for what it is; {@code docs/security.md} says the same in general. */
  static Map<String, String> inChroot(Path cases) throws IOException {
    Map<String, String> all = read(cases);
    all.putAll(readFile(cases.resolve("not-in-chroot.txt")));
    return all;
  }

  private static Map<String, String> readFile(Path file) throws IOException {
    Map<String, String> known = new TreeMap<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        int space = line.indexOf(' ');
        known.put(line.substring(0, space), line.substring(space + 1).trim());
      }
    }
    return known;
  }
}
