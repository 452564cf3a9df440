package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.ImageBuildReconciler;
import dev.slipway.operator.queue.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An operator that starts where there is more than one answer of a real API server holds. */
@Tag("cluster")
@Timeout(300)
final class RealPagesTest {
  private static final int BUILDS = (int) (2 * ImageBuildReconciler.PAGE + 1);
  private static final String TEAM = "pages";

  @Test
  void whatIsOnLaterPagesIsSeenToo(@TempDir Path directory) throws Exception {
    try (Api plane = Api.real(directory);
        Callers callers = new Callers(() -> "")) {
      plane.namespace(TEAM);
      callers.parallel(
          BUILDS,
          16,
          i -> {
            ImageBuild build = Scenario.SUCCEEDS.manifest(TEAM, "  suspend: true");
            build.getMetadata().setName("app-" + i);
            plane.client().resource(build).create();
          });
      try (Mortal _ = new Mortal(plane.config(), TEAM, Limits.NONE)) {
        Awaitility.await()
            .atMost(Duration.ofMinutes(2))
            .pollInterval(Duration.ofSeconds(1))
            .until(() ->
                all(plane).stream()
                    .allMatch(build ->
                        build.getStatus() != null && build.getStatus().phase() == Phase.SUSPENDED));
        assertThat(all(plane)).hasSize(BUILDS);
      }
    }
  }

  private static List<ImageBuild> all(Api plane) {
    return plane.client().resources(ImageBuild.class).inNamespace(TEAM).list().getItems();
  }
}
