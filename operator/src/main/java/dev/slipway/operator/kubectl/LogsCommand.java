package dev.slipway.operator.kubectl;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.pod.PodName;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kubectl slipway logs}. */
@Command(
    name = "logs",
    description = "Prints the log of a build.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class LogsCommand extends OnCluster {
  @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
  String name = "";

  @Option(
      names = {"-f", "--follow"},
      description = "Wait for the build to start, and go on until it has ended.")
  boolean follow;

  @Option(
      names = "--build",
      paramLabel = "NUMBER",
      description = "Number of the build; the latest one if absent.")
  @Nullable Long number;

  @Override
  int run(KubernetesClient client, String in) {
    ImageBuildStatus status = Texts.status(require(client, in, name));
    BuildStatus latest = status.build();
    if (follow && number == null && latest != null && latest.active()) {
      return new Follower(client, in, name, Screen.of(out())).follow(null);
    }
    if (latest == null && number == null) {
      if (follow) {
        return new Follower(client, in, name, Screen.of(out())).follow(null);
      }
      throw new IllegalArgumentException(
          name + " has not been built yet; kubectl slipway describe " + name + " says why");
    }
    long wanted =
        number != null ? number : Objects.requireNonNull(Objects.requireNonNull(latest).number());
    Optional<Pod> pod = pod(client, in, wanted);
    if (pod.isPresent()) {
      PodLog log = new PodLog(client, in, pod.get().getMetadata().getName());
      if (!log.started()) {
        throw new IllegalArgumentException(
            "builder pod "
                + pod.get().getMetadata().getName()
                + " has not started; kubectl slipway describe "
                + name
                + " says what it waits for");
      }
      log.print(text -> out().print(text));
      return 0;
    }
    Optional<String> kept = KeptLog.of(client, in, name, wanted);
    if (kept.isPresent()) {
      out().print(kept.get());
      return 0;
    }
    return withoutPod(status, wanted);
  }

  /** The newest attempt of that build. */
  private Optional<Pod> pod(KubernetesClient client, String in, long wanted) {
    return client
        .pods()
        .inNamespace(in)
        .withLabels(
            Map.of(
                BuilderPod.IMAGE_BUILD,
                PodName.label(name),
                BuilderPod.BUILD_NUMBER,
                Long.toString(wanted)))
        .list()
        .getItems()
        .stream()
        .max(Comparator.comparingInt(p -> BuildRecord.of(p).map(BuildRecord::attempt).orElse(0)));
  }

  private int withoutPod(ImageBuildStatus status, long wanted) {
    BuildStatus latest = status.build();
    Failure failure = status.failure();
    boolean told =
        failure != null
            && !failure.logTail().isEmpty()
            && latest != null
            && Objects.equals(latest.number(), wanted);
    if (failure == null || !told) {
      throw new IllegalArgumentException(
          "the builder pod of build "
              + wanted
              + " is gone, and its log with it; spec.retention says how long pods are kept");
    }
    err().println("the builder pod of build " + wanted + " is gone; the status has its last lines");
    failure.logTail().forEach(out()::println);
    return 0;
  }
}
