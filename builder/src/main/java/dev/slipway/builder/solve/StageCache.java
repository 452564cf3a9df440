package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepCache;
import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.plan.StageNode;
import dev.slipway.builder.report.Reporter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The steps of one stage in the caches, and what became of each. For one thread. */
final class StageCache {
  private final StageNode node;
  private final boolean exported;
  private final StepCache cache;
  private final CacheLookup lookup;
  private final String slotPrefix;
  private final Epoch epoch;
  private final Runnable onMiss;

  /** The flag that forbids to take steps from a cache. */
  private final Optional<String> noCache;

  private final List<StageBuilder.StepUse> uses = new ArrayList<>();

  /**
   * @param exported whether the stage's layers are part of the image
   * @param execution says which stages take nothing from a cache
   * @param onMiss told of each step that will run
   */
  StageCache(
      StageNode node,
      boolean exported,
      StepCache cache,
      CacheLookup lookup,
      BuildRequest.Execution execution,
      Epoch epoch,
      Runnable onMiss) {
    this.node = node;
    this.exported = exported;
    this.cache = cache;
    this.lookup = lookup;
    this.slotPrefix = execution.slotPrefix();
    this.epoch = epoch;
    this.onMiss = onMiss;
    this.noCache =
        execution.noCache()
            ? Optional.of("--no-cache")
            : Stream.of(node.displayName(), Integer.toString(node.index()))
                .filter(execution.noCacheStages()::contains)
                .map(name -> "--no-cache-filter " + name)
                .findFirst();
  }

  /** What became of the steps so far. */
  List<StageBuilder.StepUse> uses() {
    return List.copyOf(uses);
  }

  /**
   * Takes a step from a cache.
   *
   * @param keys names of the same step; the first is looked for, all are remembered
   */
  Optional<StageState> find(
      StageState state, List<StepKey> keys, String history, int number, Reporter.Running progress) {
    if (keys.isEmpty() || (noCache.isPresent() && !lookup.madeNow(keys.getFirst()))) {
      return Optional.empty();
    }
    Optional<CacheLookup.Hit> hit = lookup.find(keys, exported);
    if (hit.isEmpty()) {
      return Optional.empty();
    }
    cache.remember(slot(number), keys.getFirst());
    uses.add(new StageBuilder.StepUse(progress.step(), true, List.of()));
    progress.lookup(true, List.of());
    progress.cached();
    return Optional.of(
        state.plus(hit.get().layer(), HistoryText.line(history, hit.get().created(), false)));
  }

  /** No cache has the step: says why. */
  void missed(List<StepKey> keys, int number, Reporter.Running progress) {
    List<String> because =
        noCache.map(List::of).orElseGet(() -> lookup.explain(slot(number), keys));
    cache.remember(slot(number), keys.getFirst());
    uses.add(new StageBuilder.StepUse(progress.step(), false, because));
    progress.lookup(false, because);
    onMiss.run();
  }

  /** The step ran, and made a layer. */
  StageState made(
      StageState state,
      Layer layer,
      List<StepKey> keys,
      String history,
      Reporter.Running progress) {
    Instant created = epoch.created();
    lookup.made(keys, layer, created, exported);
    progress.done();
    return state.plus(layer, HistoryText.line(history, created, false));
  }

  private String slot(int number) {
    return slotPrefix + node.displayName() + "/" + number;
  }
}
