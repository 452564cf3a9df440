package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepCache;
import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.dockerfile.Add;
import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.dockerfile.Onbuild;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.dockerfile.Workdir;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.plan.FileUse;
import dev.slipway.builder.plan.StageNode;
import dev.slipway.builder.plan.TreeRef;
import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds stages, one instruction after the other. Thread-safe: one instance serves all stages. */
final class StageBuilder {
  private final Trees trees;
  private final StepCache cache;
  private final CacheLookup lookup;
  private final RunStep runStep;
  private final CopyStep copyStep;
  private final Reporter reporter;
  private final Settings settings;

  /**
   * What holds for every stage.
   *
   * @param epoch the time of everything in the image; empty where the clock's is used
   * @param files which stages are read as files
   */
  record Settings(
      Globals globals,
      Platform platform,
      BuildRequest.Execution execution,
      Epoch epoch,
      FileUse files) {}

  StageBuilder(
      Trees trees,
      StepCache cache,
      CacheLookup lookup,
      RunStep runStep,
      CopyStep copyStep,
      Reporter reporter,
      Settings settings) {
    this.trees = trees;
    this.cache = cache;
    this.lookup = lookup;
    this.runStep = runStep;
    this.copyStep = copyStep;
    this.reporter = reporter;
    this.settings = settings;
  }

  /**
   * Where a step's result came from.
   *
   * @param because why not from a cache; empty also where no earlier build of it is known
   */
  record StepUse(Event.Step step, boolean hit, List<String> because) {}

  /** A finished stage, and what it took. */
  record Built(StageState state, List<StepUse> uses, double seconds) {
    int steps() {
      return uses.size();
    }

    int cached() {
      return Math.toIntExact(uses.stream().filter(StepUse::hit).count());
    }
  }

  /**
   * Builds one stage.
   *
   * @param exported whether its layers are part of the result, so that their blobs will be needed
   * @param missed told of each step that no cache has, before it is run
   * @throws StepFailure where a step fails
   */
  Built build(StageNode node, boolean exported, Runnable missed) throws InterruptedException {
    return new Work(node, exported, missed).build();
  }

  /** One stage at work. */
  private final class Work {
    private final StageNode node;
    private final boolean exported;

    private final StageCache steps;
    private final long began = System.nanoTime();

    Work(StageNode node, boolean exported, Runnable missed) {
      this.node = node;
      this.exported = exported;
      this.steps =
          new StageCache(
              node, exported, cache, lookup, settings.execution(), settings.epoch(), missed);
    }

    Built build() throws InterruptedException {
      int written = node.stage().instructions().size();
      Reporter.Running from = start(1, written + 1, describeFrom());
      StageState state;
      List<Instruction> instructions;
      try {
        state = trees.base(node, settings);
        instructions = withTriggers(state);
        state = state.withConfig(state.config().toBuilder().clearOnBuild().build());
        from.done();
      } catch (BuildException e) {
        throw failed(from, e.at(node.from().location()));
      }
      int total = instructions.size() + 1;
      int number = 1;
      for (Instruction instruction : instructions) {
        number++;
        List<Instruction> rest = instructions.subList(number - 1, instructions.size());
        state = step(state, instruction, number, total, use(rest));
      }
      return new Built(state, steps.uses(), (System.nanoTime() - began) / 1e9);
    }

    private CopyStep.Use use(List<Instruction> rest) {
      FileUse files = settings.files();
      return new CopyStep.Use(exported, files.areRead(node, rest), files.hasFiles(node));
    }

    private List<Instruction> withTriggers(StageState state) {
      List<Instruction> all = new ArrayList<>();
      for (String trigger : state.config().onBuild()) {
        all.add(Dockerfile.parseTrigger(node.stage().from(), trigger));
      }
      all.addAll(node.stage().instructions());
      return all;
    }

    private StageState step(
        StageState before, Instruction written, int number, int total, CopyStep.Use use)
        throws InterruptedException {
      awaitSources(before, written, use);
      Reporter.Running progress = start(number, total, written.source());
      try {
        Instruction instruction = written.expand(before.scope().variables());
        StageState scoped = before.withScope(before.scope().apply(instruction));
        StageState after = ConfigStep.apply(scoped, instruction);
        StageState done =
            switch (instruction) {
              case Run run -> run(after, run, number, progress);
              case Copy copy -> copy(after, CopyStep.Task.of(copy), number, use, progress);
              case Add add -> copy(after, CopyStep.Task.of(add), number, use, progress);
              case Workdir workdir -> workdir(after, workdir, number, use, progress);
              default -> metadata(after, instruction, progress);
            };
        return done;
      } catch (StepFailure e) {
        if (e.step().equals(progress.step())) {
          progress.failed(String.valueOf(e.getMessage()));
        } else {
          progress.cancelled(); // it waited for a stage that failed
        }
        throw e;
      } catch (InterruptedException e) {
        progress.cancelled();
        throw e;
      } catch (IOException | RuntimeException | Error e) {
        if (Thread.currentThread().isInterrupted()) {
          // Another stage failed, and what this one worked with was taken from it.
          progress.cancelled();
        } else {
          progress.failed(String.valueOf(unexpected(e).getMessage()));
        }
        throw new StepFailure(unexpected(e).at(written.location()), Optional.empty(), progress)
            .with(new StepFailure.Remains(before, Optional.empty(), Optional.empty()));
      }
    }

    /**
     * Waits for the stages that an instruction reads, so that the time of a step is its own. Once
     * they have work to do, the instruction will probably have, too: what it is applied to is read
     * meanwhile.
     */
    private void awaitSources(StageState before, Instruction written, CopyStep.Use use)
        throws InterruptedException {
      List<String> names =
          switch (written) {
            case Copy copy -> copy.from().stream().toList();
            case Run run -> run.mountSources();
            default -> List.of();
          };
      for (String name : names) {
        trees.await(
            name, node.index(), written.location(), () -> expectMeanwhile(before, written, use));
      }
    }

    private void expectMeanwhile(StageState before, Instruction written, CopyStep.Use use) {
      switch (written.expand(before.scope().variables())) {
        case Copy copy -> copyStep.expect(before, CopyStep.Task.of(copy), use);
        case Run _ -> runStep.expect(before);
        default -> {}
      }
    }

    private StageState metadata(
        StageState after, Instruction instruction, Reporter.Running progress) {
      progress.done();
      if (instruction instanceof Onbuild) {
        return after; // as in BuildKit: a trigger is in the config, and leaves no line
      }
      return after.plus(
          HistoryText.line(
              HistoryText.of(instruction, after), settings.epoch().after(after), true));
    }

    private StageState run(StageState state, Run run, int number, Reporter.Running progress)
        throws InterruptedException, IOException {
      RunStep.Prepared prepared = runStep.prepare(state, run, node.index());
      List<StepKey> keys = List.of(prepared.key());
      Optional<StageState> hit = steps.find(state, keys, prepared.history(), number, progress);
      if (hit.isPresent()) {
        return hit.get();
      }
      runStep.expect(state);
      steps.missed(keys, number, progress);
      Layer layer = runStep.execute(state, prepared, exported, progress);
      return steps.made(state, layer, keys, prepared.history(), progress);
    }

    private StageState copy(
        StageState state,
        CopyStep.Task task,
        int number,
        CopyStep.Use use,
        Reporter.Running progress)
        throws InterruptedException, IOException {
      String history = HistoryText.of(task.instruction(), List.of(), List.of());
      List<StepKey> keys = new ArrayList<>();
      copyStep.originKey(state, task, node.index()).ifPresent(keys::add);
      Optional<StageState> hit = steps.find(state, keys, history, number, progress);
      if (hit.isPresent()) {
        return hit.get();
      }
      try (CopyStep.Prepared prepared = copyStep.prepare(state, task, node.index(), progress)) {
        keys.addFirst(prepared.key());
        hit = steps.find(state, keys, history, number, progress);
        if (hit.isPresent()) {
          return hit.get();
        }
        copyStep.expect(state, task, use);
        steps.missed(keys, number, progress);
        Layer layer = copyStep.execute(prepared, use);
        return steps.made(state, layer, keys, history, progress);
      }
    }

    private StageState workdir(
        StageState state,
        Workdir instruction,
        int number,
        CopyStep.Use use,
        Reporter.Running progress)
        throws InterruptedException, IOException {
      ContainerConfig config = state.config();
      String path = instruction.path();
      String history = "WORKDIR " + (path.startsWith("/") ? path : config.workingDir());
      if (config.workingDir().equals("/")) {
        progress.done();
        return state.plus( // it is always there
            HistoryText.line(history, settings.epoch().after(state), true));
      }
      List<StepKey> keys =
          List.of(
              StepKey.of("WORKDIR")
                  .addFilesBefore(state.filesKey(), state.inherited())
                  .add("the directory", config.workingDir())
                  .add("the user", config.user())
                  .build());
      Optional<StageState> hit = steps.find(state, keys, history, number, progress);
      if (hit.isPresent()) {
        return hit.get();
      }
      copyStep.expect(state, config.user(), use);
      steps.missed(keys, number, progress);
      Layer layer = copyStep.makeDirectory(state, config.workingDir(), config.user(), use);
      return steps.made(state, layer, keys, history, progress);
    }

    private Reporter.Running start(int number, int total, String text) {
      String name = node.displayName();
      return reporter.start(
          Optional.of(name), "[" + name + " " + number + "/" + total + "] " + text);
    }

    private String describeFrom() {
      return switch (node.base()) {
        case TreeRef.OfImage image ->
            "FROM " + image.reference() + trees.digestSuffix(image.reference());
        default -> "FROM " + node.from().image();
      };
    }

    private StepFailure failed(Reporter.Running progress, BuildException e) {
      progress.failed(String.valueOf(e.getMessage()));
      return new StepFailure(e, Optional.empty(), progress);
    }
  }

  static BuildException unexpected(Throwable e) {
    if (e instanceof BuildException known) {
      return known;
    }
    if (e instanceof IOException io) {
      if (ContentStore.isFull(io)) {
        return ContentStore.failure("writing a layer", io);
      }
      return new BuildException(ErrorCode.IO, String.valueOf(io.getMessage()), io);
    }
    return new BuildException(ErrorCode.INTERNAL, e.toString(), e);
  }

  /** The config of a stage that starts from nothing, as BuildKit makes it. */
  static ImageConfig empty(Platform platform) {
    ImageConfig scratch = ImageConfig.scratch(platform);
    return scratch.withConfig(
        scratch.config().toBuilder()
            .workingDir("/")
            .env(List.of("PATH=" + dev.slipway.builder.sandbox.Command.DEFAULT_PATH))
            .build());
  }
}
