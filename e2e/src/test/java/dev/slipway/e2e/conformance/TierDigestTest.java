package dev.slipway.e2e.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same bases, context and time give the same digest to root, to an ordinary user in a user
 * namespace, and where steps have no namespace at all.
 */
class TierDigestTest {
  private static final Path CASES = Path.of("src/test/resources/conformance").toAbsolutePath();
  private static final String ABOUT_LAYERS = "^(layer|seed)/";

  @TempDir static Path scratch;

  @Test
  void whoBuildsAndHowStepsAreIsolatedDoesNotShow() throws IOException {
    assumeTrue(Command.isRoot(), "only root can be all three");
    assumeTrue(Files.exists(Bases.BUSYBOX), "needs busybox-static (Debian) as /bin/busybox");
    try (Peers peers = new Peers(new Bases(), Files.createDirectories(scratch.resolve("peers")))) {
      WorkerProcess worker =
          new WorkerProcess(CASES, peers.addresses(), Map.of("SOURCE_DATE_EPOCH", "1700000000"));
      Map<String, String> root =
          digests(worker.asRoot(scratch.resolve("root"), ABOUT_LAYERS), Set.of());
      Map<String, String> user =
          digests(worker.asUser(scratch.resolve("user"), ABOUT_LAYERS), Set.of());
      assertThat(root).hasSizeGreaterThan(30);
      assertThat(root).containsAllEntriesOf(user);
      assertThat(user).hasSizeGreaterThan(30);

      Set<String> other = KnownFailures.inChroot(CASES).keySet();
      Map<String, String> chroot =
          digests(worker.inChroot(scratch.resolve("chroot"), ABOUT_LAYERS), other);
      assertThat(root).containsAllEntriesOf(chroot);
      assertThat(chroot).hasSizeGreaterThan(30);
    }
  }

  private static Map<String, String> digests(List<Report> reports, Set<String> without) {
    Map<String, String> digests = new TreeMap<>();
    for (Report report : reports) {
      if (!report.digest().isEmpty() && !without.contains(report.name())) {
        digests.put(report.name(), report.digest());
      }
    }
    return digests;
  }
}
