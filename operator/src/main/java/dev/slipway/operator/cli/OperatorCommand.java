package dev.slipway.operator.cli;

import dev.slipway.api.PodTemplate;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.OperatorSettings.Election;
import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.lease.LeaderLease;
import dev.slipway.operator.pod.Isolation;
import dev.slipway.operator.pod.Isolations;
import dev.slipway.operator.pod.PodSettings;
import dev.slipway.operator.queue.Limits;
import dev.slipway.operator.trace.OtlpTracing;
import dev.slipway.operator.trace.Tracing;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.VersionInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code slipway operator}: runs until it is told to stop. */
@Command(
    name = "operator",
    description =
        "Runs the operator against the cluster of your kubeconfig, or the one it runs in.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
public final class OperatorCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(OperatorCommand.class);

  @Option(
      names = "--builder-image",
      required = true,
      defaultValue = "${env:SLIPWAY_BUILDER_IMAGE}",
      description = "Image of builder pods; its entry point is `slipway`.")
  String builderImage = "";

  @Option(
      names = "--builder-image-pull-policy",
      defaultValue = "${env:SLIPWAY_BUILDER_IMAGE_PULL_POLICY}",
      description = "Always, IfNotPresent or Never; left to the cluster if absent.")
  @Nullable String pullPolicy;

  @Option(
      names = {"-n", "--namespace"},
      split = ",",
      defaultValue = "${env:SLIPWAY_NAMESPACES}",
      description = "Namespaces to watch; all of them if absent.")
  List<String> namespaces = new ArrayList<>();

  @Option(
      names = "--insecure-registry",
      split = ",",
      paramLabel = "HOST",
      defaultValue = "${env:SLIPWAY_INSECURE_REGISTRIES}",
      description = "A registry that all builds talk to without TLS.")
  List<String> insecureRegistries = new ArrayList<>();

  @Option(
      names = "--registry-mirror",
      split = ",",
      paramLabel = "HOST=MIRROR",
      defaultValue = "${env:SLIPWAY_REGISTRY_MIRRORS}",
      description = "A mirror that all builds ask before HOST.")
  Map<String, String> registryMirrors = new LinkedHashMap<>();

  @Option(
      names = "--builder-env",
      paramLabel = "NAME=VALUE",
      description = "An environment variable of builder pods, such as HTTPS_PROXY.")
  Map<String, String> builderEnv = new LinkedHashMap<>();

  @Mixin ProxyOptions proxies = new ProxyOptions();

  @Option(
      names = "--resync",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "How often everything is looked at again.")
  int resyncSeconds;

  @Option(
      names = "--wait-deadline",
      paramLabel = "SECONDS",
      defaultValue = "3600",
      description = "How long a build may wait for its pod to start.")
  int waitSeconds;

  @Option(
      names = "--lease-namespace",
      paramLabel = "NAMESPACE",
      defaultValue = "${env:SLIPWAY_LEASE_NAMESPACE}",
      description = "Elect a leader with a Lease in this namespace; no election if absent.")
  @Nullable String lease;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "Port of /metrics, /healthz and /readyz; 0 for none.")
  int metricsPort;

  @Option(
      names = "--max-builds",
      paramLabel = "N",
      description = "Builds that run at once on the cluster; 0 pauses, absent is unlimited.")
  @Nullable Integer maxBuilds;

  @Option(
      names = "--max-builds-per-namespace",
      paramLabel = "N",
      description = "Builds that run at once in each namespace; 0 pauses, absent is unlimited.")
  @Nullable Integer maxPerNamespace;

  @Option(
      names = "--max-builds-in",
      split = ",",
      paramLabel = "NAMESPACE=N",
      description = "The same for one namespace, instead of --max-builds-per-namespace.")
  Map<String, Integer> maxIn = new LinkedHashMap<>();

  @Option(
      names = "--max-builds-per-repository",
      paramLabel = "N",
      description = "Builds of one Git repository that run at once.")
  @Nullable Integer maxPerRepository;

  @Option(
      names = "--base-image-rebuilds-per-minute",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "ImageBuilds that build again in a minute because a base image moved; 0 is none.")
  int baseRebuilds;

  @Option(
      names = "--isolation",
      split = ",",
      paramLabel = "TIER",
      defaultValue = "${env:SLIPWAY_ISOLATION}",
      description =
          "Isolation that builder pods may have: userns, nested, restricted, chroot; all of them if"
              + " absent. Each pod gets the strongest that its namespace's Pod Security admits.")
  List<String> isolation = new ArrayList<>();

  @Option(
      names = "--seccomp-profile",
      paramLabel = "PATH",
      defaultValue = "${env:SLIPWAY_SECCOMP_PROFILE}",
      description =
          "Slipway's seccomp profile on the nodes, below the kubelet's directory of profiles; nested"
              + " and restricted need it.")
  @Nullable String seccompProfile;

  private @Nullable OtlpTracing traces;

  /** Somebody else may lead by now. To end at once is safe: every build survives it. */
  private static void lostLease() {
    log.error("leadership is lost; the process ends, and builds go on");
    Runtime.getRuntime().halt(1);
  }

  /** Opened before the operator and closed after it: its last spans are sent, too. */
  private @Nullable OtlpTracing tracing() {
    if (!OtlpTracing.isConfigured(System.getenv())) {
      return null;
    }
    try {
      traces = OtlpTracing.start(System.getenv());
      log.info("builds are traced");
      return traces;
    } catch (RuntimeException e) {
      throw new ParameterException(
          new CommandLine(this),
          "traces cannot be sent as the environment asks for (only OTLP over HTTP is supported: "
              + "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf): "
              + e.getMessage());
    }
  }

  private static KubernetesClient client() {
    Config found = Config.autoConfigure(null);
    ConfigBuilder config = new ConfigBuilder(found);
    boolean byCertificate =
        found.getOauthToken() == null
            && found.getAutoOAuthToken() == null
            && found.getAuthProvider() == null;
    if (byCertificate) {
      // The library asks for a newer token once a minute, and at every request while there is
      // none: it would read the kubeconfig each time.
      config.withOauthTokenProvider(() -> null);
    }
    return new KubernetesClientBuilder()
        .withKubernetesSerialization(LeanSerialization.create())
        .withConfig(config.build())
        .build();
  }

  private Operator start(KubernetesClient client) {
    proxies.install(client.getMasterUrl().getHost());
    return Operator.start(client, settings(client));
  }

  private Map<String, String> environment() {
    Map<String, String> env = new LinkedHashMap<>(proxies.environment());
    env.putAll(builderEnv);
    return env;
  }

  private Limits limits() {
    return new Limits(maxBuilds, maxPerNamespace, maxIn, maxPerRepository);
  }

  /** Asked once: a cluster that learns user namespaces meanwhile restarts its operators as well. */
  private Isolations isolations(KubernetesClient client) {
    Set<Isolation> allowed = Isolations.every();
    if (!isolation.isEmpty()) {
      allowed.clear();
      for (String label : isolation) {
        allowed.add(
            Isolation.ofLabel(label)
                .orElseThrow(() ->
                    new ParameterException(
                        new CommandLine(this),
                        "--isolation: %s is none of userns, nested, restricted, chroot"
                            .formatted(label))));
      }
    }
    boolean userNamespaces = isAtLeast(client.getKubernetesVersion(), 1, 33);
    try {
      Isolations possible = Isolations.of(allowed, seccompProfile, userNamespaces);
      log.info(
          "builder pods may be {}", possible.allowed().stream().map(Isolation::label).toList());
      return possible;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(new CommandLine(this), "--isolation: " + e.getMessage());
    }
  }

  /** Vendors add to the minor version, as in "33+". */
  private static boolean isAtLeast(VersionInfo version, int major, int minor) {
    int isMajor = Integer.parseInt(version.getMajor().replaceAll("\\D.*", ""));
    int isMinor = Integer.parseInt(version.getMinor().replaceAll("\\D.*", ""));
    return isMajor > major || (isMajor == major && isMinor >= minor);
  }

  private OperatorSettings settings(KubernetesClient client) {
    PodSettings pod =
        new PodSettings(
            builderImage,
            pullPolicy,
            List.of(),
            insecureRegistries,
            registryMirrors,
            environment(),
            null,
            PodTemplate.NONE,
            isolations(client),
            Tracing.NONE);
    if (traces != null) {
      pod = pod.withTracing(OtlpTracing.ofBuilders(System.getenv()), traces);
    }
    Policy standard = Policy.of(pod);
    Policy policy =
        new Policy(
            pod,
            standard.firstRetry(),
            standard.lastRetry(),
            Duration.ofSeconds(waitSeconds),
            limits(),
            baseRebuilds);
    return new OperatorSettings(
        namespaces,
        policy,
        Duration.ofSeconds(resyncSeconds),
        lease == null
            ? null
            : new Election(lease, LeaderLease.Timing.STANDARD, OperatorCommand::lostLease),
        metricsPort == 0 ? OperatorSettings.NO_PORT : metricsPort);
  }

  @Override
  public Integer call() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  told.countDown();
                  try {
                    stopped.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "stop"));
    try (OtlpTracing _ = tracing();
        KubernetesClient client = client();
        Operator operator = start(client)) {
      log.info(
          "reconciling ImageBuilds on {}, informers {}",
          client.getMasterUrl(),
          operator.healthy() ? "in sync" : "not in sync yet");
      told.await();
      log.info("stopping; running builds go on");
    } finally {
      stopped.countDown();
    }
    return 0;
  }
}
