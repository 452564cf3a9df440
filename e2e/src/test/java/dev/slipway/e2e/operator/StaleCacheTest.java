package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.queue.Limits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An operator whose caches are behind the API server does nothing twice. */
@Timeout(120)
final class StaleCacheTest {
  private static final String TEAM = Playground.TEAM;

  private final AtomicBoolean runsOn = new AtomicBoolean();

  @RegisterExtension
  private final Playground here =
      new Playground(_ -> runsOn.get() ? new Fate.RunsOn() : new Fate.Success());

  /** The worst that a restart can meet: all that it lists is of a time before the build. */
  @Test
  void restartOnAnOldListDoesNotBuildAgainWhatIsDoneAndGone() throws Exception {
    here.plane().client().resource(Scenario.LEAVES_NOTHING_BUT_THE_IMAGE.manifest(TEAM)).create();
    Map<String, byte[]> old;
    try (FaultProxy proxy = new FaultProxy(here.plane().config());
        Mortal first = new Mortal(proxy, TEAM, Limits.NONE)) {
      old = first.proxy.lists();
      here.stage().awaitPhase(Phase.SUCCEEDED);
      Stage.await().until(() -> pods() == 0);
    }
    assertThat(old).hasSize(2);
    ImageBuild done = here.stage().build().get();

    try (FaultProxy behind = new FaultProxy(here.plane().config())) {
      behind.freezeLists(old);
      behind.holdWatches(true);
      behind.killAt(Integer.MAX_VALUE, FaultProxy.Cut.BEFORE); // so that calls are counted
      try (Mortal second = new Mortal(behind, TEAM, Limits.NONE)) {
        // It wants to build, asks whether what it knows is still so, and asks again.
        Stage.await().until(() -> second.proxy.calls().size() > 5);
        assertThat(second.proxy.calls()).noneMatch(call -> call.startsWith("POST"));
        second.proxy.holdWatches(false);
        Awaitility.await()
            .during(Duration.ofMillis(400))
            .atMost(Duration.ofSeconds(5))
            .until(() -> here.node().born(TEAM).size() == 1);
      }
    }
    assertThat(here.stage().build().get().getMetadata().getResourceVersion())
        .isEqualTo(done.getMetadata().getResourceVersion());
  }

  /**
   * A pod that was created a moment ago, by an operator that did not live to say so, and a cancel
   * since then: who plans without the pod finds nothing to stop.
   */
  @Test
  void cancelIsHeardThoughThePodIsUnknown() throws Exception {
    runsOn.set(true);
    Map<String, byte[]> old;
    try (FaultProxy proxy = new FaultProxy(here.plane().config());
        Mortal first = new Mortal(proxy, TEAM, Limits.NONE)) {
      old = new HashMap<>(first.proxy.lists());
      old.keySet().removeIf(path -> path.endsWith("/imagebuilds"));
      // It asks whether the object is current, creates the pod, and dies.
      first.proxy.killAt(2, FaultProxy.Cut.AFTER);
      here.plane().client().resource(Scenario.IS_CANCELLED.manifest(TEAM)).create();
      here.stage().awaitStart(1);
      Stage.await().until(first.proxy::killed);
      assertThat(first.proxy.calls().getLast()).startsWith("POST").endsWith("/pods");
    }
    assertThat(old).hasSize(1);
    here.stage().ask(ImageBuild.CANCEL_REQUESTED_AT);

    try (FaultProxy behind = new FaultProxy(here.plane().config())) {
      behind.freezeLists(old);
      behind.holdWatches(true);
      behind.killAt(Integer.MAX_VALUE, FaultProxy.Cut.BEFORE); // so that calls are counted
      try (Mortal second = new Mortal(behind, TEAM, Limits.NONE)) {
        here.stage().awaitPhase(Phase.CANCELLED);
        assertThat(second.proxy.calls()).anyMatch(call -> call.startsWith("POST"));
        Stage.await().until(() -> pods() == 0);
        second.proxy.holdWatches(false);
        Awaitility.await()
            .during(Duration.ofMillis(400))
            .atMost(Duration.ofSeconds(5))
            .until(() -> here.node().born(TEAM).size() == 1);
      }
    }
    assertThat(here.stage().build().get().getStatus().phase()).isEqualTo(Phase.CANCELLED);
  }

  /** What the operator itself has written counts, though no watch has told of it. */
  @Test
  void ownWritesAreKnownWithoutAWatch() throws Exception {
    try (FaultProxy proxy = new FaultProxy(here.plane().config());
        Mortal operator = new Mortal(proxy, TEAM, Limits.NONE)) {
      here.plane().client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();
      here.stage().awaitPhase(Phase.SUCCEEDED);
      operator.proxy.holdWatches(true);
      // It does not hear of this until the watch goes on, and then of everything at once.
      for (int i = 0; i < 20; i++) {
        here.stage().patch("{\"spec\":{\"target\":\"t" + i + "\"}}");
      }
      operator.proxy.holdWatches(false);
      Stage.await()
          .until(() ->
              here.stage().build().get().getStatus().observedInputs().containsValue("t19")
                  && here.stage().build().get().getStatus().phase() == Phase.SUCCEEDED);
      assertThat(
              here.node().born(TEAM).stream()
                  .map(p -> p.build().number() + "." + p.build().attempt()))
          .doesNotHaveDuplicates();
      assertThat(
              here.node().born(TEAM).stream().filter(p -> p.build().inputs().containsValue("t19")))
          .hasSize(1);
    }
  }

  private int pods() {
    return here.plane().client().pods().inNamespace(TEAM).list().getItems().size();
  }
}
