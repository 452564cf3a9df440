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

/** What RUN steps are given, and how they are isolated. */
final class StepOptions {
  private List<String> secrets = new ArrayList<>();

  private List<String> ssh = new ArrayList<>();

  private String network = "default";
  private List<String> addHosts = new ArrayList<>();

  private @Nullable String shmSize;
  private List<String> ulimits = new ArrayList<>();

  private List<String> allow = new ArrayList<>();

  private @Nullable String isolation;

  void declare(Flags flags) {
    flags.texts(
        "--secret",
        "id=ID[,src=FILE|,env=NAME]",
        "A secret for RUN --mount=type=secret.",
        value -> secrets = value);
    flags.texts(
        "--ssh",
        "default|ID[=SOCKET|KEY[,KEY]]",
        "An SSH agent, or keys for one, for RUN --mount=type=ssh.",
        value -> ssh = value);
    flags.text(
        "--network",
        "MODE",
        network,
        "Network of RUN steps: default, host or none.",
        value -> network = value);
    flags.texts(
        "--add-host",
        "HOST:IP",
        "An entry of /etc/hosts for RUN steps.",
        value -> addHosts = value);
    flags.text("--shm-size", "BYTES", "Size of /dev/shm.", value -> shmSize = value);
    flags.texts("--ulimit", "NAME=SOFT[:HARD]", "A limit for RUN.", value -> ulimits = value);
    flags.commaSeparated(
        "--allow",
        "ENTITLEMENT",
        "What RUN may ask for beyond the default: security.insecure, network.host.",
        value -> allow = value);
    flags.text(
        "--isolation",
        "TIER",
        "How RUN steps are isolated; the strongest that works by default.",
        value -> isolation = value);
  }

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
