package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Add;
import dev.slipway.builder.dockerfile.Arg;
import dev.slipway.builder.dockerfile.BuildPlatforms;
import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.dockerfile.Scope;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.layer.Difference;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.LocalImages;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.sandbox.View;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Makes an image of a root file system that came from another image and was changed: one layer
 * more, which is the difference. Single use.
 *
 * @param rootfs the changed tree
 * @param from the image that it came from
 * @param changes instructions that change the config, as in a Dockerfile
 * @param message the comment of the new line of the history
 */
public record Commit(
    Path rootfs,
    ImageReference from,
    Platform platform,
    List<String> changes,
    Optional<String> author,
    String message) {

  public Commit {
    changes = List.copyOf(changes);
  }

  /**
   * Makes the image, and keeps it in the local store under {@code names}.
   *
   * @throws BuildException FILE_NOT_FOUND where the root file system is none, DOCKERFILE_SYNTAX for
   *     a change that is no instruction, UNSUPPORTED for one that is more than config
   */
  public FinishedImage run(List<ImageReference> names, EngineSettings settings)
      throws InterruptedException {
    if (!Files.isDirectory(rootfs)) {
      throw new BuildException(
          ErrorCode.FILE_NOT_FOUND, "the root file system " + rootfs + " is not a directory");
    }
    List<Instruction> instructions = instructions();
    Instant now = settings.clock().instant();
    Epoch epoch = new Epoch(fixed(settings), now);
    try (ContentStore store = ContentStore.open(settings.store());
        RegistryClient registry = new RegistryClient(settings.registries());
        ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
        SandboxOnDemand sandbox = new SandboxOnDemand(store, Optional.empty(), warning -> {})) {
      LocalImages local = new LocalImages(store);
      BaseImages images = new BaseImages(registry, local, platform, false, background);
      Layers layers =
          new Layers(
              store,
              registry,
              LayerOptions.of(Compression.GZIP),
              epoch.ofSteps(),
              new EarlyUploads(registry, Optional.empty(), background),
              background);
      BaseImages.Base base = images.get(from.toString(), platform);
      StageState state =
          configured(
              new StageState(
                  base.layers(),
                  base.config(),
                  Scope.ofImage(globals(), base.config().config().env()),
                  false,
                  base.layers().size()),
              instructions);
      Optional<Layer> layer = difference(base, layers, sandbox);
      History line =
          new History(
              epoch.created(), "slipway commit", author.orElse(""), message, layer.isEmpty());
      StageState done = layer.map(one -> state.plus(one, line)).orElseGet(() -> state.plus(line));
      FinishedImage image = finished(done, layers, epoch);
      if (names.isEmpty()) {
        local.putUnnamed(image);
      }
      names.forEach(name -> local.put(name, image));
      return image;
    }
  }

  private Optional<Layer> difference(BaseImages.Base base, Layers layers, SandboxOnDemand sandbox) {
    List<Path> lowers = layers.directories(base.layers());
    try (Scratch scratch = layers.scratch();
        View view = sandbox.get().view(lowers, scratch.path());
        Dir after = Dir.open(rootfs)) {
      Entries entries = Difference.between(view.dir(), after);
      boolean[] any = {false};
      entries.forEach(entry -> any[0] = true);
      return any[0] ? Optional.of(layers.write(entries, true, true)) : Optional.empty();
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  private FinishedImage finished(StageState state, Layers layers, Epoch epoch) {
    List<FinishedImage.ImageLayer> blobs = new ArrayList<>();
    for (Layer layer : state.layers()) {
      Optional<ImageReference> origin =
          layer.origin() instanceof Layer.Origin.InRegistry remote
              ? Optional.of(remote.repository())
              : Optional.empty();
      blobs.add(new FinishedImage.ImageLayer(layers.blobs().get(layer), origin));
    }
    return FinishedImage.of(
        state.image().withCreated(epoch.created()),
        blobs,
        Map.of(),
        dev.slipway.builder.image.ImageFormat.OCI);
  }

  /** The changes, as if they stood in a Dockerfile; their places are lines of the list. */
  private List<Instruction> instructions() {
    List<Instruction> found = new ArrayList<>();
    for (String change : changes) {
      Dockerfile file = Dockerfile.parse("--change", "FROM scratch\n" + change + "\n");
      if (file.stages().size() != 1) {
        throw refused("FROM", change);
      }
      for (Instruction instruction : file.stages().getFirst().instructions()) {
        switch (instruction) {
          case Run ignored -> throw refused("RUN", change);
          case Copy ignored -> throw refused("COPY", change);
          case Add ignored -> throw refused("ADD", change);
          case Arg ignored -> throw refused("ARG", change);
          default -> found.add(instruction);
        }
      }
    }
    return found;
  }

  private static BuildException refused(String name, String change) {
    return new BuildException(
        ErrorCode.UNSUPPORTED,
        "--change "
            + change
            + ": "
            + name
            + " is more than a change of the config; write a Dockerfile FROM the image for it");
  }

  private StageState configured(StageState start, List<Instruction> instructions) {
    StageState state = author.map(start::withAuthor).orElse(start);
    for (Instruction written : instructions) {
      Instruction instruction = written.expand(state.scope().variables());
      state = ConfigStep.apply(state.withScope(state.scope().apply(instruction)), instruction);
    }
    return state;
  }

  private Globals globals() {
    Dockerfile none = Dockerfile.parse("--change", "FROM scratch\n");
    return Globals.of(
        none, Map.of(), new BuildPlatforms(Platform.local(), platform), Optional.empty());
  }

  private static Optional<Instant> fixed(EngineSettings settings) {
    return Epoch.fixed(settings.environment().getOrDefault("SOURCE_DATE_EPOCH", ""));
  }
}
