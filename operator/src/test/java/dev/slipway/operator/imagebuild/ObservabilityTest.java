package dev.slipway.operator.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operator.metrics.Endpoints;
import dev.slipway.operator.metrics.Health;
import dev.slipway.operator.metrics.OperatorMetrics;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class ObservabilityTest {

  @Test
  void seriesExistFromTheStartAndReadinessFollowsTheInformers() throws Exception {
    OperatorMetrics metrics = new OperatorMetrics();
    metrics.queue(() -> 3, () -> 2);
    metrics.buildEnded("Failed", "RunFailed", Duration.ofSeconds(5));
    metrics.buildEnded("Failed", "SomethingNew", Duration.ZERO);
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
          .contains("slipway_queue_length 3.0");
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
}
