package dev.slipway.builder.cli;

import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * What every build needs and a JVM takes long to make ready (its log, system calls, JSON), made
 * ready beside the reading of the command line. Where there is one processor only, it costs
 * nothing.
 */
final class WarmUp {
  private static final String CONFIG =
      """
      {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}\
      """;

  private final CountDownLatch logs = new CountDownLatch(1);

  private WarmUp() {}

  static WarmUp begin() {
    WarmUp warmUp = new WarmUp();
    Thread.ofPlatform().daemon().name("warm-up").start(warmUp::run);
    return warmUp;
  }

  /** Waits until the log goes where it should. */
  void awaitLogs() {
    try {
      logs.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      Logs.configure();
    } finally {
      logs.countDown();
    }
    try (Dir root = Dir.open(Path.of("/"))) {
      root.find("");
    } catch (IOException e) {
      return; // whoever needs it will say so
    }
    ImageConfig.parse(MediaType.OCI_CONFIG, CONFIG.getBytes(StandardCharsets.UTF_8));
  }
}
