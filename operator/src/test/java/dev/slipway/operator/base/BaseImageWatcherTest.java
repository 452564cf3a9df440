package dev.slipway.operator.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.operator.source.SecretReader.SecretAccess;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One request for all who follow, and no storm when something moves. */
final class BaseImageWatcherTest {
  private static final String ONE = "sha256:" + "1".repeat(64);
  private static final String TWO = "sha256:" + "2".repeat(64);
  private static final Duration INTERVAL = Duration.ofMillis(400);

  private record Told(String follower, Instant when) {}

  private final List<Told> told = new CopyOnWriteArrayList<>();
  private FakeRegistry registry;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
    registry.digests.put("app:1", ONE);
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  private BaseImageWatcher<String> watcher(int perMinute) {
    return new BaseImageWatcher<>(
        new BaseImageReader(
            (namespace, name) -> new SecretAccess.Denied(), List.of(), Map.of(), Clock.systemUTC()),
        perMinute,
        Clock.systemUTC(),
        follower -> told.add(new Told(follower, Instant.now())));
  }

  private Map<BaseQuery, String> app(int namespace) {
    // Each with a Secret of its own that has no login for this registry: still one request.
    return Map.of(BaseQuery.of(registry.host() + "/app:1", "team-" + namespace, "login", ""), ONE);
  }

  @Test
  void manyFollowersCostOneRequestAnInterval() {
    try (BaseImageWatcher<String> watcher = watcher(60_000)) {
      for (int i = 0; i < 50; i++) {
        watcher.watch("f" + i, app(i), INTERVAL);
      }
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> !watcher.sightings("f49").isEmpty() && !watcher.sightings("f0").isEmpty());
      // Fifty polls of one image within an interval, jittered by a tenth of it.
      assertThat(registry.asked("HEAD")).isBetween(1L, 3L);
      assertThat(told).isEmpty();
    }
  }

  @Test
  void whenABaseMovesItsFollowersGoOneByOne() {
    try (BaseImageWatcher<String> watcher = watcher(600)) {
      registry.digests.put("app:1", TWO);
      Instant start = Instant.now();
      for (int i = 0; i < 8; i++) {
        watcher.watch("f" + i, app(0), INTERVAL);
      }
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> told.stream().map(Told::follower).distinct().count() == 8);
      // 600 a minute is one every 100 ms after the first look; a busy machine only adds to that.
      assertThat(Duration.between(start, told.getLast().when()).toMillis())
          .isGreaterThan(INTERVAL.toMillis() * 9 / 10 + 7 * 100 - 50);
      assertThat(watcher.sightings("f7").get(registry.host() + "/app:1"))
          .isInstanceOfSatisfying(
              BaseSighting.Seen.class, seen -> assertThat(seen.digest()).isEqualTo(TWO));
    }
  }

  @Test
  void whoHasNotHadItsTurnDoesNotKnowYet() {
    try (BaseImageWatcher<String> watcher = watcher(0)) {
      registry.digests.put("app:1", TWO);
      watcher.watch("f", app(0), INTERVAL);
      await().atMost(Duration.ofSeconds(10)).until(() -> registry.asked("HEAD") >= 3);
      assertThat(watcher.sightings("f")).isEmpty();
      assertThat(told).isEmpty();
    }
  }

  @Test
  void whoFollowsNoLongerIsNotAskedFor() {
    try (BaseImageWatcher<String> watcher = watcher(600)) {
      watcher.watch("f", app(0), INTERVAL);
      await().atMost(Duration.ofSeconds(10)).until(() -> registry.asked("HEAD") >= 1);
      watcher.unwatch("f");
      long asked = registry.asked("HEAD");
      await()
          .during(INTERVAL.multipliedBy(3))
          .atMost(Duration.ofSeconds(10))
          .until(() -> registry.asked("HEAD") <= asked + 1);
      assertThat(watcher.sightings("f")).isEmpty();
    }
  }
}
