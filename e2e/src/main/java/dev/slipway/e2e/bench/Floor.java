package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What plain tools need for the same bytes: no engine can be much faster than the cheapest. */
final class Floor {
  private Floor() {}

  /** Seconds, the least of some runs, by what was done. */
  static Map<String, Double> of(Scenario scenario, Path context, Disk disk, Path java, int runs)
      throws IOException, InterruptedException {
    Map<String, String> commands = new LinkedHashMap<>();
    switch (scenario) {
      case SMALL_FILES, INCOMPRESSIBLE -> {
        commands.put("`tar` into nothing", "tar -C '%s' -cf - . | cat > /dev/null");
        commands.put("`tar` and `sha256sum`", "tar -C '%s' -cf - . | sha256sum");
        commands.put("`tar` and `gzip -6`", "tar -C '%s' -cf - . | gzip -6 | cat > /dev/null");
        commands.put("`cp -a`", "cp -a '%s' \"$1\"");
      }
      case UNCHANGED -> commands.put("`java -version`", "'" + java + "' -version");
      default -> {}
    }
    Map<String, Double> seconds = new LinkedHashMap<>();
    for (Map.Entry<String, String> one : commands.entrySet()) {
      String command = one.getValue().replace("%s", context.toString());
      double least = Double.MAX_VALUE;
      for (int i = 0; i < runs; i++) {
        disk.renew();
        long began = System.nanoTime();
        Program.of("sh", "-c", command, "sh", disk.directory().resolve("floor").toString()).run();
        least = Math.min(least, (System.nanoTime() - began) / 1e9);
      }
      seconds.put(one.getKey(), least);
    }
    return seconds;
  }
}
