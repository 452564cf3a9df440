package dev.slipway.e2e.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.e2e.imagebuild.OtlpReceiver.Span;
import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.trace.OtlpTracing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One trace from apply to digest, of operator and builder, and on from where an operator ended. */
final class TraceTest {
  private static final String SPEC =
      """
      source: {git: {url: "%s"}}
      output: {image: %s}
      """;

  @TempDir private Path work;

  @Test
  void applyToDigestIsOneTrace() throws Exception {
    try (OtlpReceiver collector = new OtlpReceiver();
        OtlpTracing tracing = OtlpTracing.start(environment(collector));
        Lab lab = new Lab(work, policy -> traced(policy, collector, tracing))) {
      lab.commit(
          "app",
          Map.of(
              "Dockerfile",
              "FROM scratch AS one\nCOPY text /\nFROM scratch\nCOPY --from=one /text /\n",
              "text",
              "x"));
      lab.apply("app", SPEC.formatted(lab.url("app"), lab.image("app")));
      ImageBuildStatus built = lab.await("app", "Succeeded");
      // Whoever takes over goes on with the IDs that it works out anew.
      lab.restartOperator();
      String trace = Objects.requireNonNull(build(built).traceId());
      Map<String, Span> spans =
          await(
              collector,
              trace,
              "build app",
              "resolve ref",
              "queued",
              "attempt 1",
              "start pod",
              "slipway build",
              "stage one");

      Span root = spans.get("build app");
      assertThat(root.parent()).isEmpty();
      assertThat(root.service()).isEqualTo("slipway-operator");
      assertThat(root.attributes())
          .containsEntry("slipway.digest", built.digest())
          .containsEntry("slipway.commit", built.source().commit())
          .containsEntry("slipway.outcome", "Succeeded")
          .containsEntry("k8s.namespace.name", "default")
          .containsEntry("slipway.build", "1");
      assertThat(root.failed()).isFalse();
      assertThat(spans.get("resolve ref").parent()).isEqualTo(root.id());
      assertThat(spans.get("queued").parent()).isEqualTo(root.id());
      assertThat(spans.get("attempt 1").parent()).isEqualTo(root.id());
      assertThat(spans.get("start pod").parent()).isEqualTo(spans.get("attempt 1").id());
      Span builder = spans.get("slipway build");
      assertThat(builder.service()).isEqualTo("slipway-builder");
      assertThat(builder.parent()).isEqualTo(spans.get("attempt 1").id());
      assertThat(spans.get("stage one").parent()).isEqualTo(builder.id());
      assertThat(spans.values())
          .as("steps of a stage, and those around the stages: context, push")
          .anyMatch(
              s -> s.parent().equals(spans.get("stage one").id()) && s.name().contains("COPY"))
          .anyMatch(s -> s.parent().equals(builder.id()) && s.name().contains("push"))
          .allMatch(s -> s.end() >= s.start());

      lab.annotate("app", ImageBuild.REQUESTED_AT, "again");
      ImageBuildStatus again = lab.built("app", 2);
      assertThat(build(again).traceId()).isNotEqualTo(trace);
      Map<String, Span> second =
          await(
              collector, Objects.requireNonNull(build(again).traceId()), "build app", "stage one");
      assertThat(second.get("build app").attributes()).containsEntry("slipway.reason", "Requested");
    }
  }

  @Test
  void whatFailedIsMarked() throws Exception {
    try (OtlpReceiver collector = new OtlpReceiver();
        OtlpTracing tracing = OtlpTracing.start(environment(collector));
        Lab lab = new Lab(work, policy -> traced(policy, collector, tracing))) {
      lab.commit("app", Map.of("Dockerfile", "FROM scratch\nCOPY missing /\n"));
      lab.apply("app", SPEC.formatted(lab.url("app"), lab.image("app")));
      ImageBuildStatus failed = lab.await("app", "FileNotFound");
      Map<String, Span> spans =
          await(
              collector,
              Objects.requireNonNull(build(failed).traceId()),
              "build app",
              "attempt 1",
              "slipway build");
      assertThat(spans.get("build app").failed()).isTrue();
      assertThat(spans.get("attempt 1").failed()).isTrue();
      assertThat(spans.get("slipway build").failed()).isTrue();
    }
  }

  private static BuildStatus build(ImageBuildStatus status) {
    return Objects.requireNonNull(status.build());
  }

  private static Map<String, String> environment(OtlpReceiver collector) {
    return Map.of(
        "OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint(), "OTEL_BSP_SCHEDULE_DELAY", "100");
  }

  private static Policy traced(Policy policy, OtlpReceiver collector, OtlpTracing tracing) {
    return new Policy(
        policy.pod().withTracing(OtlpTracing.ofBuilders(environment(collector)), tracing),
        policy.firstRetry(),
        policy.lastRetry(),
        policy.waitDeadline(),
        policy.limits(),
        policy.baseRebuilds());
  }

  /** The spans of a trace by name, once those are among them. */
  private static Map<String, Span> await(OtlpReceiver collector, String trace, String... names) {
    Set<String> wanted = Set.of(names);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(names(of(collector, trace))).containsAll(wanted));
    Map<String, Span> spans = new HashMap<>();
    of(collector, trace).forEach(span -> spans.put(span.name(), span));
    return spans;
  }

  private static List<Span> of(OtlpReceiver collector, String trace) {
    return collector.spans().stream().filter(s -> s.trace().equals(trace)).toList();
  }

  private static Set<String> names(List<Span> spans) {
    return spans.stream().map(Span::name).collect(Collectors.toSet());
  }
}
