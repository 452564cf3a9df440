package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.FaultProxy.Cut;
import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Born;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The operator is killed at the first API call of a build's life, at the second, and so on, each
 * time once before and once after the call is carried out, until there is no such call any more. A
 * new operator takes over. In the end there is one pod for every attempt, and never was another;
 * the status is true; nothing is there twice.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
abstract class KillAtEveryCall {
  private final Map<String, Scenario> scenarios = new ConcurrentHashMap<>();
  private final AtomicInteger run = new AtomicInteger();

  private final ExecutorService users = Executors.newVirtualThreadPerTaskExecutor();

  @SuppressWarnings("NullAway.Init")
  private Api plane;

  @SuppressWarnings("NullAway.Init")
  private SimulatedNode node;

  /** The API server to do it on. */
  abstract Api api(Path directory) throws IOException;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    plane = api(directory);
    node =
        new SimulatedNode(
            plane.client(),
            pod -> Objects.requireNonNull(scenarios.get(pod.namespace())).fate(pod));
  }

  @AfterAll
  void stop() {
    if (plane != null) {
      users.shutdownNow();
      node.close();
      plane.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneDeathAtEveryCall(Scenario scenario) throws Exception {
    for (Cut cut : Cut.values()) {
      int k = 1;
      while (dies(scenario, k, cut)) {
        k++;
      }
      // Create, two statuses, one event: less would mean that nothing was counted.
      assertThat(k).as("calls of %s", scenario).isGreaterThan(4);
    }
  }

  /** Kills at the k-th call; false if the build was over before that. */
  private boolean dies(Scenario scenario, int k, Cut cut) throws Exception {
    String namespace =
        "kill-"
            + scenario.name().toLowerCase(Locale.ROOT).replace('_', '-')
            + "-"
            + run.incrementAndGet();
    scenarios.put(namespace, scenario);
    plane.namespace(namespace);
    Stage stage = new Stage(plane.client(), node, namespace);
    List<String> calls;
    boolean died;
    Future<?> user;
    try (Mortal first = new Mortal(plane.config(), namespace)) {
      first.proxy.killAt(k, cut);
      user =
          users.submit(() -> {
            plane.client().resource(scenario.manifest(namespace)).create();
            scenario.play(stage);
          });
      while (!first.proxy.awaitKilled(20) && !over(stage, scenario)) {}
      if (!first.proxy.killed()) {
        first.proxy.awaitKilled(250); // events come after the status
      }
      died = first.proxy.killed();
      calls = first.proxy.calls();
    }
    String where = "killed %s call %d of %s".formatted(cut, k, calls);
    if (died) {
      try (Mortal _ = new Mortal(plane.config(), namespace)) {
        await(stage, scenario, where);
        user.get();
        check(stage, scenario, where);
      }
    } else {
      user.get();
      check(stage, scenario, "never killed");
    }
    return died;
  }

  private void await(Stage stage, Scenario scenario, String where) {
    try {
      Stage.await().until(() -> over(stage, scenario));
    } catch (ConditionTimeoutException e) {
      String state =
          Serialization.asYaml(stage.build().get())
              + Serialization.asYaml(
                  stage.client().pods().inNamespace(stage.namespace()).list().getItems());
      throw new AssertionError(where + ", and then nothing came of it:\n" + state, e);
    }
  }

  private boolean over(Stage stage, Scenario scenario) {
    ImageBuild build = stage.build().get();
    if (build == null || build.getStatus() == null || build.getStatus().build() == null) {
      return false;
    }
    ImageBuildStatus status = build.getStatus();
    String last = scenario.attempts.getLast();
    String now = status.build().number() + "." + status.build().attempt();
    boolean ended =
        status.phase() == scenario.end && status.build().outcome() != null && now.equals(last);
    return ended && (scenario.keepsPods() || pods(stage) == 0);
  }

  private int pods(Stage stage) {
    return stage.client().pods().inNamespace(stage.namespace()).list().getItems().size();
  }

  private void check(Stage stage, Scenario scenario, String where) {
    List<Born> pods = node.born(stage.namespace());
    assertThat(pods.stream().map(p -> p.build().number() + "." + p.build().attempt()))
        .as("pods, " + where)
        .containsExactlyInAnyOrderElementsOf(scenario.attempts);
    ImageBuild build = stage.build().get();
    ImageBuildStatus status = build.getStatus();
    assertThat(status.observedGeneration())
        .as(where)
        .isEqualTo(build.getMetadata().getGeneration());
    assertThat(status.history().stream().map(HistoryEntry::number).toList())
        .as("history, " + where)
        .doesNotHaveDuplicates()
        .hasSize((int) scenario.attempts.stream().map(a -> a.charAt(0)).distinct().count());
    assertThat(status.condition("Ready").map(Condition::status).orElseThrow())
        .as(where)
        .isEqualTo(scenario.end == Phase.SUCCEEDED ? ConditionStatus.TRUE : ConditionStatus.FALSE);
    if (scenario.end == Phase.SUCCEEDED) {
      Born last =
          pods.stream()
              .filter(p ->
                  scenario
                      .attempts
                      .getLast()
                      .equals(p.build().number() + "." + p.build().attempt()))
              .findFirst()
              .orElseThrow();
      assertThat(status.digest()).as(where).isEqualTo(SimulatedNode.digest(last));
      assertThat(status.build().outcome()).as(where).isEqualTo(Outcome.SUCCEEDED);
    }
    if (!scenario.keepsPods()) {
      ConfigMap published =
          stage.client().configMaps().inNamespace(stage.namespace()).withName("app-image").get();
      assertThat(published).as("ConfigMap, " + where).isNotNull();
      assertThat(published.getData()).as(where).containsEntry("digest", status.digest());
    }
    assertThat(events(stage)).as("events, " + where).doesNotHaveDuplicates();
    assertThat(events(stage).stream().map(e -> e.substring(0, e.indexOf(':'))))
        .as("each end is told once, " + where)
        .containsExactlyInAnyOrderElementsOf(scenario.told());
  }

  private static List<String> events(Stage stage) {
    List<String> events = new ArrayList<>();
    stage
        .client()
        .v1()
        .events()
        .inNamespace(stage.namespace())
        .list()
        .getItems()
        .forEach(e -> events.add(e.getReason() + ": " + e.getMessage()));
    return events;
  }
}
