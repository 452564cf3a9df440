package dev.slipway.e2e.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The cases that our engine fails for now: {@code known-failures.txt}, a name and a reason a line.
 */
final class KnownFailures {
  private KnownFailures() {}

  /** Reasons by the name of the case. */
  static Map<String, String> read(Path cases) throws IOException {
    Map<String, String> known = new TreeMap<>();
    for (String line : Files.readAllLines(cases.resolve("known-failures.txt"))) {
      if (!line.isBlank() && !line.startsWith("#")) {
        int space = line.indexOf(' ');
        known.put(line.substring(0, space), line.substring(space + 1).trim());
      }
    }
    return known;
  }
}
