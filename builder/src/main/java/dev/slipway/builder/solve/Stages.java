package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.plan.Plan;
import dev.slipway.builder.plan.StageNode;
import dev.slipway.builder.plan.TreeRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The stages of one build, each built once, when somebody first asks for it, on a thread of its
 * own. Thread-safe.
 */
final class Stages {
  private final Plan plan;
  private final ExecutorService threads;
  private final Set<Integer> exported;
  private final Map<Integer, Future<StageBuilder.Built>> running = new ConcurrentHashMap<>();
  private final Map<Integer, CompletableFuture<Void>> atWork = new ConcurrentHashMap<>();
  private final CompletableFuture<StageBuilder> builder = new CompletableFuture<>();

  /** One party for each stage at work, and one for us. */
  private final Phaser active = new Phaser(1);

  private final AtomicReference<@Nullable StepFailure> first = new AtomicReference<>();

  /**
   * @param threads interrupts its threads when it is shut down at once
   */
  Stages(Plan plan, ExecutorService threads) {
    this.plan = plan;
    this.threads = threads;
    this.exported = exported(plan);
  }

  /** Starts what the target needs. Stages wait for each other. */
  void start(StageBuilder value) {
    builder.complete(value);
    for (StageNode node : plan.needed()) {
      var _ = future(node.index());
    }
  }

  /**
   * Waits for a stage.
   *
   * @throws StepFailure as the stage threw it
   */
  StageBuilder.Built await(int index) throws InterruptedException {
    try {
      return future(index).get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case StepFailure failure -> throw failure;
        case BuildException failure -> throw failure;
        case InterruptedException interrupted -> {
          InterruptedException again = new InterruptedException("the stage was stopped");
          again.initCause(interrupted);
          throw again;
        }
        case null, default ->
            throw new BuildException(ErrorCode.INTERNAL, String.valueOf(e.getCause()), e);
      }
    }
  }

  /** Runs {@code then} once a stage has missed a step in the caches: perhaps now, perhaps never. */
  void whenAtWork(int index, Runnable then) {
    var _ = atWork(index).thenRun(then);
  }

  private CompletableFuture<Void> atWork(int index) {
    return atWork.computeIfAbsent(index, _ -> new CompletableFuture<>());
  }

  /** Interrupts all stages, and returns when none works any more. */
  void stop() {
    running.values().forEach(stage -> stage.cancel(true));
    active.arriveAndAwaitAdvance();
  }

  /** Of the stages that failed, the first to do so: others fail because it did. */
  Optional<StepFailure> firstFailure() {
    return Optional.ofNullable(first.get());
  }

  /** The stages that have been asked for so far, by index. */
  List<StageNode> asked() {
    return plan.nodes().stream().filter(node -> running.containsKey(node.index())).toList();
  }

  Plan plan() {
    return plan;
  }

  /**
   * Refuses a reference that would wait for itself. The plan has no circles; a trigger of a base
   * image, which the plan does not know, could make one.
   */
  void checkReachable(int from, int to) {
    Set<Integer> seen = new HashSet<>();
    List<Integer> open = new ArrayList<>(List.of(to));
    while (!open.isEmpty()) {
      int index = open.removeLast();
      if (index == from) {
        throw new BuildException(
            ErrorCode.DOCKERFILE_SYNTAX,
            "circular dependency detected on stage " + plan.nodes().get(from).displayName());
      }
      if (seen.add(index)) {
        open.addAll(plan.nodes().get(index).dependencies());
      }
    }
  }

  private Future<StageBuilder.Built> future(int index) {
    return running.computeIfAbsent(index, i -> threads.submit(() -> build(plan.nodes().get(i))));
  }

  private StageBuilder.Built build(StageNode node) throws InterruptedException, ExecutionException {
    active.register();
    try {
      CompletableFuture<Void> missed = atWork(node.index());
      return builder
          .get()
          .build(node, exported.contains(node.index()), () -> missed.complete(null));
    } catch (StepFailure e) {
      first.compareAndSet(null, e);
      throw e;
    } finally {
      active.arriveAndDeregister();
    }
  }

  /** The target and what it is based on: the stages whose layers are in the result. */
  private static Set<Integer> exported(Plan plan) {
    Set<Integer> found = new HashSet<>();
    StageNode node = plan.target();
    while (found.add(node.index()) && node.base() instanceof TreeRef.OfStage of) {
      node = plan.nodes().get(of.index());
    }
    return found;
  }
}
