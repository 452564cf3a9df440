package dev.slipway.builder.solve;

import dev.slipway.builder.cache.BuildCache;
import dev.slipway.builder.cache.CachePlace;
import dev.slipway.builder.cache.LocalStepCache;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.output.LocalImages;
import dev.slipway.builder.output.Output;
import dev.slipway.builder.plan.FileUse;
import dev.slipway.builder.plan.Plan;
import dev.slipway.builder.plan.StageNode;
import dev.slipway.builder.plan.TreeRef;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.report.BuildResult;
import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Progress;
import dev.slipway.builder.report.Redaction;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.store.ContentStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** One build from its request to its result. Single use. */
public final class Build {
  /** The second without what is lost, the last without any cache but our own. */
  private static final int MOST_PASSES = 3;

  private final BuildRequest request;
  private final EngineSettings settings;
  private final Reporter reporter;
  private final Facts facts = new Facts();
  private final Endings endings;
  private final AtomicBoolean late = new AtomicBoolean();
  private final Optional<FailedStage.Handler> onError;

  /**
   * @param progress shows what happens; not closed
   */
  public Build(BuildRequest request, EngineSettings settings, Progress progress) {
    this(request, settings, progress, Optional.empty());
  }

  /**
   * @param onError is handed the stage of a step that fails
   */
  public Build(
      BuildRequest request,
      EngineSettings settings,
      Progress progress,
      Optional<FailedStage.Handler> onError) {
    this.onError = onError;
    this.request = request;
    this.settings = settings;
    this.endings = new Endings(request, facts);
    List<String> secrets = new ArrayList<>();
    for (SecretSource secret : request.execution().secrets()) {
      secret.readIfThere().ifPresent(v -> secrets.add(new String(v, StandardCharsets.UTF_8)));
    }
    this.reporter = new Reporter(progress, new Redaction(secrets), System::nanoTime);
  }

  /** How a build ended. */
  public sealed interface Finished {
    BuildResult result();

    /**
     * It made an image.
     *
     * @param imageId digest of the config
     * @param metadata what {@code --metadata-file} holds
     * @param summary lines for a person
     */
    record Succeeded(
        BuildResult result, String imageId, Supplier<String> metadata, List<String> summary)
        implements Finished {
      /** With one more line for a person. */
      Succeeded withSummary(String line) {
        List<String> more = new ArrayList<>(summary);
        more.add(line);
        return new Succeeded(result, imageId, metadata, List.copyOf(more));
      }
    }

    /**
     * It failed.
     *
     * @param step the step that failed, if one did
     * @param logTail its last lines of output
     */
    record Failed(
        BuildResult result,
        BuildException cause,
        Optional<Event.Step> step,
        List<String> logTail,
        Optional<String> dockerfileText)
        implements Finished {}
  }

  /** As {@link #run()}, ended with code TIMEOUT if it takes longer than {@code limit}. */
  public Finished run(Duration limit) {
    Thread builder = Thread.currentThread();
    Thread timer =
        Thread.startVirtualThread(() -> {
          try {
            Thread.sleep(limit);
            late.set(true);
            builder.interrupt();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the build was quicker
          }
        });
    try {
      return run();
    } finally {
      timer.interrupt();
    }
  }

  /** Builds. Never throws: what goes wrong is in the result. */
  public Finished run() {
    try {
      return build();
    } catch (StepFailure e) {
      return endings.failed(e);
    } catch (InterruptedException e) {
      if (late.get()) {
        return endings.failed(
            new BuildException(
                ErrorCode.TIMEOUT,
                "the build ran longer than it may; allow it more time, or make it faster",
                e),
            Optional.empty(),
            List.of(),
            Optional.empty());
      }
      Thread.currentThread().interrupt();
      return endings.failed(
          new BuildException(ErrorCode.CANCELLED, "the build was cancelled", e),
          Optional.empty(),
          List.of(),
          Optional.empty());
    } catch (RuntimeException | Error e) {
      return endings.failed(
          StageBuilder.unexpected(e), Optional.empty(), List.of(), Optional.empty());
    }
  }

  private Finished build() throws InterruptedException {
    Instant now = settings.clock().instant();
    try (ContentStore store = ContentStore.open(settings.store());
        RegistryClient registry = new RegistryClient(settings.registries());
        ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
        SandboxOnDemand sandbox =
            new SandboxOnDemand(store, request.execution().isolation(), reporter::warning)) {
      facts.sandbox = Optional.of(sandbox);
      StoreCare care = new StoreCare(store, settings.limit(), reporter);
      try (Intake intake = new Intake(request, settings, reporter, store);
          BuildContext context = intake.context()) {
        facts.commit = context.commit();
        facts.dockerfile = Optional.of(context.dockerfile());
        return build(store, care, registry, background, sandbox, intake, context, now);
      } finally {
        background.shutdownNow();
        care.tidy();
      }
    }
  }

  private Finished build(
      ContentStore store,
      StoreCare care,
      RegistryClient registry,
      ExecutorService background,
      SandboxOnDemand sandbox,
      Intake intake,
      BuildContext context,
      Instant now)
      throws InterruptedException {
    BuildRequest.Definition wanted = request.definition();
    BuildKitArguments arguments = intake.arguments();
    Dockerfile file = Checks.parse(context.dockerfile(), wanted);
    Globals globals =
        Globals.of(file, wanted.buildArgs(), Checks.platforms(wanted), wanted.target());
    LocalImages local = new LocalImages(store);
    BaseImages images =
        new BaseImages(registry, local, wanted.platform(), request.execution().pull(), background);
    facts.images = Optional.of(images);
    NamedContexts named = new NamedContexts(wanted.namedContexts(), intake.loader(), images);
    Plan plan = Plan.of(file, globals, wanted.target(), named::contains);
    FileUse files = new FileUse(plan, Exports.needFiles(request.outputs()));
    TierLimits.check(plan, files, sandbox.expected(), request.execution().network());
    prefetch(plan, images);
    BaseImageLookup known = new BaseImageLookup(images, named, wanted.platform());
    Checks checks = new Checks(file, wanted, known, context, plan, reporter);
    checks.start(background);

    Epoch epoch = new Epoch(epoch(context), now);
    CacheLookup.Memory memory = CacheLookup.Memory.empty();
    try (BuildCache cache = cache(store, background)) {
      KeptMounts kept = new KeptMounts(cache, store, reporter);
      CacheExports exports = new CacheExports(cache, kept, reporter);
      for (int pass = 1; ; pass++) {
        EarlyUploads early = new EarlyUploads(registry, earlyTarget(), background);
        Layers layers = new Layers(store, registry, encoding(), epoch.ofSteps(), early, background);
        CacheLookup lookup = new CacheLookup(cache, layers, pass > 1, memory);
        Stages stages = new Stages(plan, background);
        try (Trees trees =
            new Trees(stages, images, named, context, layers, sandbox, wanted.platform())) {
          RunMounts mounts =
              new RunMounts(
                  trees,
                  layers,
                  store.cacheMounts(),
                  request.execution(),
                  arguments,
                  kept,
                  sandbox);
          RunSettings runs = RunSettings.of(request.execution(), arguments, sandbox);
          RunStep runStep = new RunStep(layers, mounts, runs, onError.isPresent());
          StageBuilder builder =
              new StageBuilder(
                  trees,
                  cache,
                  lookup,
                  runStep,
                  new CopyStep(trees, layers, epoch, intake.remotes()),
                  reporter,
                  new StageBuilder.Settings(
                      globals, wanted.platform(), request.execution(), epoch, files));
          stages.start(builder);
          try {
            StageState state = result(stages);
            Assembly.Images made =
                new Assembly(layers, cache, reporter, request).images(state, epoch);
            new Exports(registry, local, trees, early, reporter).deliver(made, state, request);
            exports.finish();
            return endings.succeeded(made.first());
          } catch (StepFailure e) {
            if (layers.blobs().lost().isEmpty()) {
              stages.stop();
              open(e, runStep, layers, store);
            }
            throw e;
          } finally {
            checks.await();
            // Before what they work on is closed: a step that is stopped must not fail for that.
            stages.stop();
          }
        } catch (StepFailure | BuildException e) {
          if (pass < MOST_PASSES && care.makeRoom(e)) {
            facts.stages.clear();
            continue;
          }
          if (layers.blobs().lost().isEmpty() || pass == MOST_PASSES) {
            exports.finishAfterFailure();
            throw e;
          }
          startOver(cache, layers, pass);
        }
      }
    }
  }

  private void open(StepFailure failure, RunStep runStep, Layers layers, ContentStore store)
      throws InterruptedException {
    if (onError.isPresent() && failure.remains().isPresent()) {
      FailedStage stage = new FailedStage(failure, failure.remains().get(), runStep, layers, store);
      onError.get().handle(endings.failed(failure), stage);
    }
  }

  /** The next pass takes up what this one made, and nothing that needs what is lost. */
  private void startOver(BuildCache cache, Layers layers, int pass) {
    reporter.warning(
        "of the layers that a cache remembers, "
            + layers.blobs().lost().size()
            + " cannot be had; starting over without");
    cache.lose(layers.blobs().lost());
    if (pass == MOST_PASSES - 1) {
      cache.stayLocal();
    }
    facts.stages.clear();
  }

  private BuildCache cache(ContentStore store, ExecutorService background) {
    return BuildCache.open(
        new LocalStepCache(store),
        new BuildCache.Settings(
            request.caches().from(),
            request.caches().to(),
            request.definition().platform(),
            encoding(),
            settings.registries(),
            settings.clock()),
        background,
        reporter::warning);
  }

  /** The first repository that is pushed to; none where a cache in a registry gets layers first. */
  private Optional<ImageReference> earlyTarget() {
    boolean cached =
        request.caches().to().stream().anyMatch(to -> to.place() instanceof CachePlace.InRegistry);
    return cached
        ? Optional.empty()
        : request.outputs().stream()
            .filter(Output.Registry.class::isInstance)
            .map(Output.Registry.class::cast)
            .flatMap(to -> Exports.names(to.name(), request.labelling().tags()).stream())
            .findFirst();
  }

  private StageState result(Stages stages) throws InterruptedException {
    // In order, so that of several failures the one that others wait for is reported.
    try {
      for (StageNode node : stages.plan().needed()) {
        facts.stages.put(node.displayName(), stages.await(node.index()));
      }
    } catch (StepFailure e) {
      throw stages.firstFailure().orElse(e);
    }
    return stages.await(stages.plan().target().index()).state();
  }

  private static void prefetch(Plan plan, BaseImages images) {
    for (StageNode node : plan.needed()) {
      if (node.base() instanceof TreeRef.OfImage image && node.from().platform().isEmpty()) {
        images.announce(image.reference());
      }
    }
  }

  private Optional<Instant> epoch(BuildContext context) {
    String set =
        request
            .definition()
            .buildArgs()
            .getOrDefault(
                "SOURCE_DATE_EPOCH", settings.environment().getOrDefault("SOURCE_DATE_EPOCH", ""));
    return Epoch.fixed(set).or(context::time);
  }

  /** How layers are compressed: as the first output wants it. Others have them made again. */
  private LayerOptions encoding() {
    return Assembly.encodings(request).iterator().next().layers();
  }
}
