package dev.slipway.builder.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this machine's kernel and seccomp profile let a step's process do.
 *
 * @param rootPlace an existing directory at which each step attaches its root, in a mount namespace
 *     of its own
 * @param pivotRoot whether pivot_root is allowed
 * @param processLimitPerNamespace whether a PID namespace has a limit of its own
 * @param oomScore how willingly the kernel is to kill a step: more than the builder
 */
record Platform(Path rootPlace, boolean pivotRoot, boolean processLimitPerNamespace, int oomScore) {

  /** More than any build starts, and far from what hurts a machine. */
  static final int PROCESS_LIMIT = 32768;

  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

  static Platform ofThisMachine(Path rootPlace) throws IOException {
    return new Platform(
        rootPlace,
        true,
        kernelIsAtLeast(System.getProperty("os.version", ""), 6, 14),
        scoreOfSteps());
  }

  Platform withoutPivotRoot() {
    return new Platform(rootPlace, false, processLimitPerNamespace, oomScore);
  }

  static boolean kernelIsAtLeast(String release, int major, int minor) {
    Matcher version = VERSION.matcher(release);
    if (!version.matches()) {
      return false;
    }
    int is = Integer.parseInt(version.group(1));
    return is > major || (is == major && Integer.parseInt(version.group(2)) >= minor);
  }

  private static int scoreOfSteps() throws IOException {
    String own = Files.readString(Path.of("/proc/self/oom_score_adj")).strip();
    return Math.min(1000, Integer.parseInt(own) + 500);
  }
}
