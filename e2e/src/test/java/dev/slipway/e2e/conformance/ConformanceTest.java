package dev.slipway.e2e.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every case against its golden, as root and as an ordinary user, and those that run something in
 * the chroot tier too, in one JVM each. {@code -Dconformance.only=REGEX} runs some of them, {@code
 * -Dconformance.write=true} writes the scoreboard anew.
 */
class ConformanceTest {
  private static final Path CASES = Path.of("src/test/resources/conformance").toAbsolutePath();
  private static final String ONLY = System.getProperty("conformance.only", "");

  @TempDir static Path scratch;
  private static Peers peers;
  private static WorkerProcess worker;

  @BeforeAll
  static void serve() throws IOException {
    assumeTrue(Files.exists(Bases.BUSYBOX), "needs busybox-static (Debian) as /bin/busybox");
    peers = new Peers(new Bases(), Files.createDirectories(scratch.resolve("peers")));
    worker = new WorkerProcess(CASES, peers.addresses(), Map.of());
  }

  @AfterAll
  static void close() {
    if (peers != null) {
      peers.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> asRoot() throws IOException {
    assumeTrue(Command.isRoot(), "only root can build as root");
    return tests(worker.asRoot(scratch.resolve("root"), ONLY), KnownFailures.read(CASES));
  }

  /** The cases that are about RUN, against the same goldens. */
  @TestFactory
  Stream<DynamicTest> inChroot() throws IOException {
    assumeTrue(Command.isRoot(), "only root can change its root");
    String only = ONLY.isEmpty() ? "^(from|heredoc|layer|mount|run|seed)/" : ONLY;
    return tests(worker.inChroot(scratch.resolve("chroot"), only), KnownFailures.inChroot(CASES));
  }

  @TestFactory
  Stream<DynamicTest> asOrdinaryUser() throws IOException {
    return tests(worker.asUser(scratch.resolve("user"), ONLY), KnownFailures.read(CASES));
  }

  /** Nobody may add a case that is not in the scoreboard, or change one and leave it as it was. */
  @Test
  void scoreboardIsCurrent() throws IOException {
    Path document = Path.of("../docs/conformance.md");
    String text = Files.readString(document);
    String current = Scoreboard.of(CASES, text);
    if (Boolean.getBoolean("conformance.write")) {
      Files.writeString(document, current);
    } else {
      assertThat(text)
          .as("docs/conformance.md is made from the cases: run `make conformance`")
          .isEqualTo(current);
    }
  }

  private static Stream<DynamicTest> tests(List<Report> reports, Map<String, String> known) {
    assertThat(reports).as("cases that ran").isNotEmpty();
    return reports.stream()
        .map(report ->
            DynamicTest.dynamicTest(
                report.name(),
                () -> {
                  if (known.containsKey(report.name())) {
                    assertThat(report.problems())
                        .as("it passes, and is expected to fail: %s", known.get(report.name()))
                        .isNotEmpty();
                  } else {
                    assertThat(report.problems()).as(report.name()).isEmpty();
                  }
                }));
  }
}
