package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whoever starts a cluster may be killed at any moment: {@code make cluster-stop} takes away all
 * that is there by then, and another one can be started.
 */
@OnRealCluster
@Timeout(180)
final class KilledClusterTest {
  private static final Pattern NETWORK = Pattern.compile("10\\.213\\.\\d+\\.");
  private static final Pattern GROUP = Pattern.compile("(?m)^control-group\t(\\S+)$");

  /** With so many lines it has addresses, rules of the packet filter, an API server, or a node. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4, 7, 12})
  void nothingIsLeft(int lines, @TempDir Path home) throws Exception {
    Path directory = home.resolve("cluster");
    Process starter = cluster(directory, "start", home.resolve("start.log"));
    Path footprint = directory.resolve("footprint");
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !starter.isAlive() || count(footprint) >= lines);
    starter.destroyForcibly();
    assertThat(starter.waitFor(20, TimeUnit.SECONDS)).isTrue();
    String did = Files.readString(footprint);
    assertThat(did.lines().count())
        .as(() -> read(home.resolve("start.log")))
        .isGreaterThanOrEqualTo(lines);

    Process stopper = cluster(directory, "stop", home.resolve("stop.log"));

    assertThat(stopper.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(stopper.exitValue()).as(() -> read(home.resolve("stop.log"))).isZero();
    assertThat(directory).doesNotExist();
    assertThat(
            ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(command -> command.contains(directory.toString())))
        .isEmpty();
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
    Set<String> networks =
        NETWORK.matcher(did).results().map(MatchResult::group).collect(Collectors.toSet());
    assertThat(networks).hasSize(1);
    String network = networks.iterator().next();
    assertThat(Commands.run("ip", "address", "show", "dev", "lo")).doesNotContain(network);
    assertThat(Commands.run("iptables-save")).doesNotContain(network);
    assertThat(groups(did)).isEmpty();
  }

  /** The control groups that it made and that are still there. */
  private static Set<Path> groups(String did) throws IOException {
    Set<Path> found = new TreeSet<>();
    Path root = Path.of("/sys/fs/cgroup");
    for (MatchResult group : GROUP.matcher(did).results().toList()) {
      try (Stream<Path> hierarchies = Files.list(root)) {
        Stream.concat(Stream.of(root), hierarchies)
            .map(hierarchy -> hierarchy.resolve(group.group(1)))
            .filter(Files::exists)
            .forEach(found::add);
      }
    }
    return found;
  }

  private static long count(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static Process cluster(Path directory, String verb, Path log) throws IOException {
    ProcessBuilder command =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    ClusterCommand.class.getName(),
                    verb))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    command.environment().put("SLIPWAY_CLUSTER", directory.toString());
    Process process = command.start();
    process.getOutputStream().close();
    return process;
  }
}
