package dev.slipway.operator.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.CacheStatus;
import dev.slipway.api.Outcome;
import dev.slipway.operator.metrics.Endpoints;
import dev.slipway.operator.metrics.Health;
import dev.slipway.operator.metrics.OperatorMetrics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ObservabilityTest {

  @Test
  void seriesExistFromTheStartAndReadinessFollowsTheInformers() throws Exception {
    OperatorMetrics metrics = new OperatorMetrics();
    metrics.queue(() -> 3, () -> 2);
    BuildStatus failed =
        new BuildStatus.Builder()
            .number(1L)
            .outcome(Outcome.FAILED)
            .queueTime("2026-01-01T00:00:00Z")
            .startTime("2026-01-01T00:00:07Z")
            .duration("5s")
            .cache(new CacheStatus(3, 2))
            .build();
    metrics.buildEnded(failed, "RunFailed");
    metrics.buildEnded(failed.toBuilder().cache(null).build(), "SomethingNew");
    metrics.leader(() -> true);
    AtomicReference<Optional<String>> trouble =
        new AtomicReference<>(Optional.of("informers are not in sync"));
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    InstantSource time = now::get;
    Health health = new Health(trouble::get, time.withZone(ZoneOffset.UTC));
    try (Endpoints endpoints = Endpoints.serve(0, metrics, health);
        HttpClient http = HttpClient.newHttpClient()) {
      String base = "http://127.0.0.1:" + endpoints.port();
      String text = get(http, base + "/metrics").body();
      assertThat(text)
          .contains("slipway_builds_total{outcome=\"Succeeded\"} 0.0")
          .contains("slipway_builds_total{outcome=\"Failed\"} 2.0")
          .contains("slipway_build_failures_total{reason=\"RunFailed\"} 1.0")
          .contains("slipway_build_failures_total{reason=\"Other\"} 1.0")
          .contains("slipway_build_steps_total{cache=\"hit\"} 3.0")
          .contains("slipway_build_steps_total{cache=\"miss\"} 2.0")
          .contains("slipway_build_wait_seconds_sum 14.0")
          .contains("slipway_build_duration_seconds_count{outcome=\"Cancelled\"} 0")
          .contains("slipway_leader 1.0")
          .contains("slipway_queue_length 3.0");
      assertThat(families(text)).isEqualTo(documented());
      assertThat(get(http, base + "/readyz").body()).isEqualTo("informers are not in sync\n");
      assertThat(get(http, base + "/readyz").statusCode()).isEqualTo(503);
      // For a while, that is no reason to start again.
      assertThat(get(http, base + "/healthz").statusCode()).isEqualTo(200);
      now.set(Instant.EPOCH.plus(Health.GRACE).plusSeconds(1));
      assertThat(get(http, base + "/healthz").statusCode()).isEqualTo(503);
      trouble.set(Optional.empty());
      assertThat(get(http, base + "/healthz").statusCode()).isEqualTo(200);
      assertThat(get(http, base + "/readyz").statusCode()).isEqualTo(200);
    }
  }

  private static HttpResponse<String> get(HttpClient http, String url) throws Exception {
    return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
  }

  private static Set<String> families(String scrape) {
    return scrape
        .lines()
        .filter(l -> l.startsWith("# TYPE slipway_"))
        .map(l -> l.split(" ")[2])
        // Prometheus keeps the longest of some time as a family of its own.
        .filter(name -> !name.endsWith("_max"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> documented() throws IOException {
    Path page =
        Stream.of("..", ".")
            .map(d -> Path.of(d, "docs/observability.md"))
            .filter(Files::exists)
            .findFirst()
            .orElseThrow();
    return Pattern.compile("^\\| `(slipway_[a-z_]+)", Pattern.MULTILINE)
        .matcher(Files.readString(page))
        .results()
        .map(m -> m.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
