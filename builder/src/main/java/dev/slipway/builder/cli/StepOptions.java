package dev.slipway.builder.cli;

import dev.slipway.builder.solve.BuildRequest;
import dev.slipway.builder.solve.SecretSource;
import dev.slipway.builder.ssh.AgentSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What RUN steps are given, and how they are isolated. */
final class StepOptions {
  @Option(
      names = "--secret",
      paramLabel = "id=ID[,src=FILE|,env=NAME]",
      description = "A secret for RUN --mount=type=secret.")
  private List<String> secrets = new ArrayList<>();

  @Option(
      names = "--ssh",
      paramLabel = "default|ID[=SOCKET|KEY[,KEY]]",
      description = "An SSH agent, or keys for one, for RUN --mount=type=ssh.")
  private List<String> ssh = new ArrayList<>();

  @Option(
      names = "--network",
      paramLabel = "MODE",
      defaultValue = "default",
      description = "Network of RUN steps: default, host or none.")
  private String network = "default";

  @Option(
      names = "--add-host",
      paramLabel = "HOST:IP",
      description = "An entry of /etc/hosts for RUN steps.")
  private List<String> addHosts = new ArrayList<>();

  @Option(names = "--shm-size", paramLabel = "BYTES", description = "Size of /dev/shm.")
  private @Nullable String shmSize;

  @Option(names = "--ulimit", paramLabel = "NAME=SOFT[:HARD]", description = "A limit for RUN.")
  private List<String> ulimits = new ArrayList<>();

  @Option(
      names = "--allow",
      paramLabel = "ENTITLEMENT",
      split = ",",
      description = "What RUN may ask for beyond the default: security.insecure, network.host.")
  private List<String> allow = new ArrayList<>();

  @Option(
      names = "--isolation",
      paramLabel = "TIER",
      description = "How RUN steps are isolated; the strongest that works by default.")
  private @Nullable String isolation;

  /**
   * How the steps of a build run.
   *
   * @param slotPrefix names the build in explanations of cache misses
   * @param pull whether every base is asked for
   */
  BuildRequest.Execution execution(
      String slotPrefix, CacheOptions caches, boolean pull, Optional<Path> gitCredentials) {
    return new BuildRequest.Execution(
        slotPrefix,
        caches.noCache(),
        new LinkedHashSet<>(caches.noCacheFilter()),
        pull,
        secrets.stream().map(SecretSource::parse).toList(),
        ssh.stream().map(value -> AgentSource.parse(value, System.getenv())).toList(),
        Optional.ofNullable(isolation),
        network,
        List.copyOf(addHosts),
        Optional.ofNullable(shmSize),
        List.copyOf(ulimits),
        Set.copyOf(allow),
        gitCredentials);
  }
}
