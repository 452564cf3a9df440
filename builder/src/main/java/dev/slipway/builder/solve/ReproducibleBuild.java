package dev.slipway.builder.solve;

import dev.slipway.builder.cache.CachePlace;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageArchive;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.layer.LayerDifference;
import dev.slipway.builder.output.ArchivedImages;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.Output;
import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Progress;
import dev.slipway.builder.source.Source;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds, and builds again with an empty store and no cache: {@code --verify-reproducible}. The
 * second build delivers nothing. Single use.
 */
public final class ReproducibleBuild {
  private static final String EPOCH = "SOURCE_DATE_EPOCH";

  private final BuildRequest request;
  private final EngineSettings settings;
  private final Progress progress;

  public ReproducibleBuild(BuildRequest request, EngineSettings settings, Progress progress) {
    this.request = request;
    this.settings = settings;
    this.progress = progress;
  }

  /** Builds twice. The result is that of the first build, or how the two differ. */
  public Build.Finished run() {
    if (request.context().equals("-") || request.dockerfile().filter("-"::equals).isPresent()) {
      throw new BuildException(
          ErrorCode.USAGE,
          "--verify-reproducible builds twice, and standard input can be read once; give a"
              + " directory or a URL");
    }
    try (ContentStore store = ContentStore.open(settings.store())) {
      Path scratch = store.newScratch("verify");
      try {
        return run(scratch);
      } finally {
        store.delete(scratch);
      }
    }
  }

  private Build.Finished run(Path scratch) {
    EngineSettings timed = timed();
    Path first = scratch.resolve("first");
    Path second = scratch.resolve("second");
    List<Output> outputs = new ArrayList<>(request.outputs());
    outputs.add(layout(first));
    Build.Finished one =
        new Build(with(outputs, request.execution(), request.caches()), timed, progress).run();
    if (!(one instanceof Build.Finished.Succeeded done)) {
      return one;
    }
    EngineSettings fresh = timed.withPassingStore(scratch.resolve("store"));
    BuildRequest again =
        with(List.of(layout(second)), request.execution().withNoCache(), inlineOnly());
    Build.Finished other = new Build(again, fresh, progress).run();
    if (other instanceof Build.Finished.Failed) {
      return other;
    }
    Optional<String> difference = difference(first, second);
    return difference.isEmpty()
        ? done.withSummary("reproducible: a second build from nothing gave the same digest")
        : failed(done, difference.get());
  }

  private Build.Finished failed(Build.Finished.Succeeded done, String difference) {
    BuildException cause =
        new BuildException(
            ErrorCode.NOT_REPRODUCIBLE, "two builds of the same gave two images: " + difference);
    return new Build.Finished.Failed(
        done.result().failed(cause),
        cause,
        Optional.<Event.Step>empty(),
        List.of(),
        Optional.empty());
  }

  /** Without a commit there is no time to give to files, and the clock is never the same. */
  private EngineSettings timed() {
    boolean known =
        request.definition().buildArgs().containsKey(EPOCH)
            || !settings.environment().getOrDefault(EPOCH, "").isEmpty()
            || Source.parse(request.context()) instanceof Source.Git;
    if (known) {
      return settings;
    }
    String now = Long.toString(settings.clock().instant().getEpochSecond());
    progress.warning(
        "neither a commit nor "
            + EPOCH
            + " says what time it is; --verify-reproducible builds with "
            + EPOCH
            + "="
            + now);
    Map<String, String> environment = new HashMap<>(settings.environment());
    environment.put(EPOCH, now);
    return settings.withEnvironment(environment);
  }

  /** What is written into the image has to be in both. */
  private BuildRequest.Caches inlineOnly() {
    return new BuildRequest.Caches(
        List.of(),
        request.caches().to().stream()
            .filter(to -> to.place() instanceof CachePlace.Inline)
            .toList());
  }

  private Output layout(Path directory) {
    return new Output.OciArchive(
        new Output.Destination.ToFile(directory),
        false,
        Optional.empty(),
        Assembly.encodings(request).iterator().next());
  }

  private BuildRequest with(
      List<Output> outputs, BuildRequest.Execution execution, BuildRequest.Caches caches) {
    return new BuildRequest(
        request.context(),
        request.dockerfile(),
        request.definition(),
        execution,
        request.labelling(),
        outputs,
        caches);
  }

  private Optional<String> difference(Path first, Path second) {
    try (ImageArchive one = ImageArchive.open(first);
        ImageArchive other = ImageArchive.open(second)) {
      FinishedImage a = image(one);
      FinishedImage b = image(other);
      if (a.manifest().digest().equals(b.manifest().digest())) {
        return Optional.empty();
      }
      List<Digest> ids = a.config().content().diffIds();
      List<Digest> otherIds = b.config().content().diffIds();
      for (int i = 0; i < Math.min(ids.size(), otherIds.size()); i++) {
        if (!ids.get(i).equals(otherIds.get(i))) {
          return Optional.of(layer(a, b, i));
        }
      }
      return Optional.of(
          ids.size() != otherIds.size()
              ? "one has " + ids.size() + " layers, the other " + otherIds.size()
              : documents(a, b));
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  private FinishedImage image(ImageArchive archive) throws IOException {
    return ArchivedImages.read(
        archive, archive.images().getFirst(), request.definition().platform());
  }

  private static String layer(FinishedImage a, FinishedImage b, int index) throws IOException {
    String made =
        a.config().content().history().stream()
            .filter(line -> !line.emptyLayer())
            .skip(index)
            .findFirst()
            .map(History::createdBy)
            .orElse("");
    String where = "layer " + (index + 1) + " (" + made + "): ";
    try (InputStream one = a.layers().get(index).blob().open();
        InputStream other = b.layers().get(index).blob().open()) {
      return LayerDifference.between(one, other)
          .map(difference -> where + "/" + difference.path() + ": " + difference.how())
          .orElse(where + "its tars differ in how they are written");
    }
  }

  private static String documents(FinishedImage a, FinishedImage b) {
    ImageConfig one = a.config().content();
    ImageConfig other = b.config().content();
    if (!one.history().equals(other.history())) {
      return "the history in the config";
    }
    if (!one.equals(other)) {
      return "the config: " + one.config() + " and " + other.config();
    }
    return "the layers are the same, and compressed in different ways, or annotations differ";
  }
}
