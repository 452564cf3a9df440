package dev.slipway.builder.solve;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.cache.LocalStepCache;
import dev.slipway.builder.cache.StepCache;
import dev.slipway.builder.dockerfile.BuildPlatforms;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Finding;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.LocalImages;
import dev.slipway.builder.output.Output;
import dev.slipway.builder.plan.Plan;
import dev.slipway.builder.plan.StageNode;
import dev.slipway.builder.plan.TreeRef;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.report.BuildResult;
import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Progress;
import dev.slipway.builder.report.Redaction;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.sandbox.Sandbox;
import dev.slipway.builder.sandbox.SandboxSettings;
import dev.slipway.builder.sandbox.Tier;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.source.Commit;
import dev.slipway.builder.source.ContextLoader;
import dev.slipway.builder.source.DownloadSettings;
import dev.slipway.builder.source.Downloads;
import dev.slipway.builder.source.GitCredentials;
import dev.slipway.builder.source.GitFetcher;
import dev.slipway.builder.source.GitSettings;
import dev.slipway.builder.source.JGitFetcher;
import dev.slipway.builder.source.RemoteFiles;
import dev.slipway.builder.source.Source;
import dev.slipway.builder.store.ContentStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** One build from its request to its result. Single use. */
public final class Build {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final BuildRequest request;
  private final EngineSettings settings;
  private final Reporter reporter;
  private final Facts facts = new Facts();

  /**
   * @param progress shows what happens; not closed
   */
  public Build(BuildRequest request, EngineSettings settings, Progress progress) {
    this.request = request;
    this.settings = settings;
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
    record Succeeded(BuildResult result, String imageId, String metadata, List<String> summary)
        implements Finished {}

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

  /** What becomes known while the build runs, for a result that tells of failures too. */
  private static final class Facts {
    Optional<Commit> commit = Optional.empty();
    Optional<BuildContext.DockerfileText> dockerfile = Optional.empty();
    Optional<BaseImages> images = Optional.empty();
    Optional<Sandbox> sandbox = Optional.empty();
    final Map<String, StageBuilder.Built> stages = new LinkedHashMap<>();
  }

  /** Builds. Never throws: what goes wrong is in the result. */
  public Finished run() {
    try {
      return build();
    } catch (StepFailure e) {
      return failed(e.failure(), Optional.of(e.step()), e.tail(), e.exitCode());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(
          new BuildException(ErrorCode.CANCELLED, "the build was cancelled", e),
          Optional.empty(),
          List.of(),
          Optional.empty());
    } catch (RuntimeException | Error e) {
      return failed(StageBuilder.unexpected(e), Optional.empty(), List.of(), Optional.empty());
    }
  }

  private Finished build() throws InterruptedException {
    Instant now = settings.clock().instant();
    try (ContentStore store = ContentStore.open(settings.store());
        RegistryClient registry = new RegistryClient(settings.registries());
        ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
        SandboxOnDemand sandbox = new SandboxOnDemand(store)) {
      GitFetcher git = new JGitFetcher(gitSettings());
      Downloads downloads = new Downloads(DownloadSettings.defaults().withSecrets(secrets()));
      ContextLoader loader = new ContextLoader(store.newScratch("context"), git, downloads);
      Remotes remotes = new Remotes(new RemoteFiles(store.newScratch("add"), git, downloads));
      try (BuildContext context = context(loader)) {
        facts.commit = context.commit();
        facts.dockerfile = Optional.of(context.dockerfile());
        return build(store, registry, background, sandbox, loader, remotes, context, now);
      } finally {
        background.shutdownNow();
      }
    }
  }

  private Finished build(
      ContentStore store,
      RegistryClient registry,
      ExecutorService background,
      SandboxOnDemand sandbox,
      ContextLoader loader,
      Remotes remotes,
      BuildContext context,
      Instant now)
      throws InterruptedException {
    BuildRequest.Definition wanted = request.definition();
    Dockerfile file = Dockerfile.parse(context.dockerfile().name(), context.dockerfile().text());
    for (Finding finding : file.findings()) {
      reporter.warning(finding.toString());
    }
    Globals globals =
        Globals.of(
            file,
            wanted.buildArgs(),
            new BuildPlatforms(Platform.local(), wanted.platform()),
            wanted.target());
    LocalImages local = new LocalImages(store);
    BaseImages images =
        new BaseImages(registry, local, wanted.platform(), request.execution().pull(), background);
    facts.images = Optional.of(images);
    NamedContexts named = new NamedContexts(wanted.namedContexts(), loader, images);
    Plan plan = Plan.of(file, globals, wanted.target(), named::contains);
    prefetch(plan, images);

    Epoch epoch = new Epoch(epoch(context), now);
    Layers layers = new Layers(store, registry, options(), epoch.ofSteps(), background);
    StepCache cache = new LocalStepCache(store);
    Stages stages = new Stages(plan, background);
    try (Trees trees =
        new Trees(stages, images, named, context, layers, sandbox, wanted.platform())) {
      RunMounts mounts = new RunMounts(trees, layers, store.cacheMounts(), request.execution());
      StageBuilder builder =
          new StageBuilder(
              trees,
              layers,
              cache,
              new RunStep(layers, mounts, RunSettings.of(request.execution(), sandbox)),
              new CopyStep(trees, layers, epoch, remotes),
              reporter,
              new StageBuilder.Settings(globals, wanted.platform(), request.execution(), epoch));
      stages.start(builder);
      StageState state = result(stages);
      Exports exports = new Exports(registry, local, layers, trees, reporter);
      FinishedImage image = exports.assemble(state, request, epoch);
      exports.deliver(image, state, request);
      return succeeded(image);
    }
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

  private BuildContext context(ContextLoader loader) {
    Source source = Source.parse(request.context());
    boolean remote = !(source instanceof Source.LocalDirectory);
    if (!remote) {
      return loader.load(source, request.dockerfile().orElse(""), System.in);
    }
    Reporter.Running step = reporter.start(Optional.empty(), "[internal] fetch " + source);
    try {
      BuildContext context = loader.load(source, request.dockerfile().orElse(""), System.in);
      context
          .commit()
          .ifPresent(commit ->
              step.note(
                  "commit " + commit.id() + " " + commit.message().lines().findFirst().orElse("")));
      step.done();
      return context;
    } catch (BuildException e) {
      step.failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private GitSettings gitSettings() {
    GitCredentials credentials =
        request
            .execution()
            .gitCredentials()
            .map(GitCredentials::fromDirectory)
            .orElseGet(GitCredentials::none);
    return GitSettings.defaults()
        .withCredentials(credentials.withSecrets(secrets()))
        .withAllowLocal(settings.environment().containsKey("SLIPWAY_ALLOW_LOCAL_GIT"));
  }

  /** Build secrets may be credentials of Git and http servers. */
  private Map<String, byte[]> secrets() {
    Map<String, byte[]> secrets = new LinkedHashMap<>();
    for (SecretSource secret : request.execution().secrets()) {
      secret.readIfThere().ifPresent(value -> secrets.put(secret.id(), value));
    }
    return secrets;
  }

  private Optional<Instant> epoch(BuildContext context) {
    String set =
        request
            .definition()
            .buildArgs()
            .getOrDefault(
                "SOURCE_DATE_EPOCH", settings.environment().getOrDefault("SOURCE_DATE_EPOCH", ""));
    if (!set.isEmpty()) {
      try {
        return Optional.of(Instant.ofEpochSecond(Long.parseLong(set)));
      } catch (NumberFormatException e) {
        throw new BuildException(
            ErrorCode.USAGE, "SOURCE_DATE_EPOCH=" + set + " is not a number of seconds", e);
      }
    }
    return context.time();
  }

  private LayerOptions options() {
    Output.Encoding encoding =
        request.outputs().stream()
            .map(Output::encoding)
            .flatMap(Optional::stream)
            .findFirst()
            .orElse(Output.Encoding.DEFAULT);
    Compression compression =
        switch (encoding.compression()) {
          case UNCOMPRESSED -> Compression.NONE;
          case GZIP -> Compression.GZIP;
          case ZSTD -> Compression.ZSTD;
        };
    return encoding
        .level()
        .map(level -> new LayerOptions(compression, level))
        .orElseGet(() -> LayerOptions.of(compression));
  }

  private Finished succeeded(FinishedImage image) {
    String digest = image.manifest().digest().toString();
    List<String> names =
        request.labelling().tags().stream().map(tag -> tag.withDefaultTag().toString()).toList();
    Optional<String> first =
        request.labelling().tags().stream().findFirst().map(tag -> tag.name() + "@" + digest);
    BuildResult result =
        result(
            BuildResult.Outcome.Succeeded, first, Optional.of(digest), names, image.size(), null);
    String imageId = image.config().digest().toString();
    ObjectNode metadata = JSON.createObjectNode();
    metadata.put("containerimage.config.digest", imageId);
    metadata.put("containerimage.digest", digest);
    metadata.set("containerimage.descriptor", descriptor(image));
    if (!names.isEmpty()) {
      metadata.put("image.name", String.join(",", names));
    }
    metadata.set("slipway.result", JSON.valueToTree(result));
    List<String> summary = new ArrayList<>();
    summary.add(
        "Built "
            + (names.isEmpty() ? "an image" : String.join(", ", names))
            + ", "
            + dev.slipway.builder.output.RegistryPush.size(image.size()));
    summary.add("digest: " + digest);
    return new Finished.Succeeded(
        result, imageId, metadata.toPrettyString() + "\n", List.copyOf(summary));
  }

  private static ObjectNode descriptor(FinishedImage image) {
    return JSON.createObjectNode()
        .put("mediaType", image.manifest().mediaType().value())
        .put("digest", image.manifest().digest().toString())
        .put("size", image.manifest().descriptor().size());
  }

  private Finished failed(
      BuildException cause,
      Optional<Event.Step> step,
      List<String> tail,
      Optional<Integer> exitCode) {
    BuildResult.Failure failure =
        BuildResult.Failure.of(
            cause,
            step.flatMap(Event.Step::stage),
            step.map(one -> one.text().replaceFirst("^\\[[^]]*] ", "")),
            exitCode.orElse(null),
            tail);
    BuildResult result =
        result(
            BuildResult.Outcome.Failed, Optional.empty(), Optional.empty(), List.of(), 0, failure);
    return new Finished.Failed(
        result, cause, step, tail, facts.dockerfile.map(BuildContext.DockerfileText::text));
  }

  private BuildResult result(
      BuildResult.Outcome outcome,
      Optional<String> image,
      Optional<String> digest,
      List<String> tags,
      long size,
      BuildResult.@org.jspecify.annotations.Nullable Failure failure) {
    int hits = facts.stages.values().stream().mapToInt(StageBuilder.Built::cached).sum();
    int steps = facts.stages.values().stream().mapToInt(StageBuilder.Built::steps).sum();
    return new BuildResult(
        1,
        outcome,
        image.orElse(null),
        digest.orElse(null),
        tags,
        size,
        List.of(request.definition().platform().toString()),
        facts.commit.map(Build::source).orElse(null),
        facts.images.map(BaseImages::used).orElse(List.of()),
        facts.stages.isEmpty() ? null : new BuildResult.Cache(hits, steps - hits),
        facts.stages.entrySet().stream()
            .map(entry ->
                new BuildResult.Stage(
                    entry.getKey(),
                    Math.round(entry.getValue().seconds() * 1000) / 1000.0,
                    entry.getValue().steps(),
                    entry.getValue().cached()))
            .toList(),
        facts.sandbox.map(one -> one.tier().label()).orElse(null),
        failure);
  }

  private static BuildResult.Source source(Commit commit) {
    return new BuildResult.Source(
        commit.id(), commit.author(), commit.message().strip(), commit.time().toString());
  }

  /** The sandbox, opened by the first step that needs it. */
  private final class SandboxOnDemand implements Supplier<Sandbox>, AutoCloseable {
    private final ContentStore store;
    private Optional<Path> directory = Optional.empty();

    SandboxOnDemand(ContentStore store) {
      this.store = store;
    }

    @Override
    public synchronized Sandbox get() {
      if (facts.sandbox.isEmpty()) {
        Path place = store.newScratch("sandbox");
        directory = Optional.of(place);
        facts.sandbox = Optional.of(Sandbox.open(sandboxSettings(place)));
      }
      return facts.sandbox.get();
    }

    private SandboxSettings sandboxSettings(Path place) {
      Optional<String> asked = request.execution().isolation();
      if (asked.isEmpty()) {
        return SandboxSettings.strongest(place);
      }
      Tier tier =
          Tier.ofLabel(asked.get())
              .orElseThrow(() ->
                  new BuildException(
                      ErrorCode.USAGE, "--isolation " + asked.get() + ": no such tier"));
      return SandboxSettings.of(tier, place);
    }

    @Override
    public synchronized void close() {
      facts.sandbox.ifPresent(Sandbox::close);
      directory.ifPresent(store::delete);
    }
  }
}
