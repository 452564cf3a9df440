package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageArchive;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.NamedImage;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.output.ArchivedImages;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.LocalImages;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.ResolvedImage;
import dev.slipway.builder.report.BuildResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * The images that stages start from or copy from: each resolved once in a build, to a config and
 * layers that nobody has fetched yet. Thread-safe.
 */
final class BaseImages {
  private final RegistryClient registry;
  private final LocalImages local;
  private final Platform platform;
  private final boolean pull;
  private final Executor background;
  private final Map<String, CompletableFuture<Base>> resolved = new ConcurrentHashMap<>();

  /** A resolved image. */
  record Base(String reference, Digest digest, ImageConfig config, List<Layer> layers) {}

  /**
   * Resolves nothing yet.
   *
   * @param platform of the build
   * @param pull whether the registry is asked even for an image that is here
   */
  BaseImages(
      RegistryClient registry,
      LocalImages local,
      Platform platform,
      boolean pull,
      Executor background) {
    this.registry = registry;
    this.local = local;
    this.platform = platform;
    this.pull = pull;
    this.background = background;
  }

  /** An image in an OCI layout of this machine: {@code PATH[:TAG][@DIGEST]}. */
  Base layout(String text, Platform platform) {
    return Layers.get(
        resolved.computeIfAbsent(
            "oci-layout://" + text + " " + platform,
            key -> CompletableFuture.supplyAsync(() -> fromLayout(text, platform), background)));
  }

  /** Begins to resolve. */
  CompletableFuture<Base> start(String reference, Platform platform) {
    return resolved.computeIfAbsent(
        reference + " " + platform,
        key ->
            CompletableFuture.supplyAsync(
                () -> resolve(ImageReference.parse(reference), reference, platform), background));
  }

  /** Begins to resolve for the platform of the build; whoever needs the image sees how it ends. */
  void announce(String reference) {
    var _ = start(reference, platform);
  }

  Base get(String reference, Platform platform) {
    return Layers.get(start(reference, platform));
  }

  /** What is resolved so far, for the result document. */
  List<BuildResult.BaseImage> used() {
    return resolved.values().stream()
        .filter(CompletableFuture::isDone)
        .filter(future -> !future.isCompletedExceptionally())
        .map(CompletableFuture::join)
        .map(base -> new BuildResult.BaseImage(base.reference(), base.digest().toString()))
        .distinct()
        .sorted(java.util.Comparator.comparing(BuildResult.BaseImage::ref))
        .toList();
  }

  private static Base fromLayout(String text, Platform platform) {
    int at = text.indexOf('@');
    int colon = at >= 0 ? at : text.lastIndexOf(':');
    boolean tagged = colon > text.lastIndexOf('/');
    String path = tagged ? text.substring(0, colon) : text;
    String name = tagged ? text.substring(colon + 1) : "";
    if (!Files.isDirectory(Path.of(path))) {
      throw new BuildException(
          ErrorCode.IMAGE_NOT_FOUND,
          "oci-layout://" + path + " is not a directory here, so there is no image in it");
    }
    try {
      // Never closed: its layers are read while the build goes on, and it is one open directory.
      ImageArchive archive = ImageArchive.open(Path.of(path));
      NamedImage named =
          archive
              .find(name)
              .orElseThrow(() ->
                  new BuildException(
                      ErrorCode.IMAGE_NOT_FOUND,
                      "oci-layout://" + path + " has no image '" + name + "'"));
      FinishedImage image = ArchivedImages.read(archive, named, platform);
      List<Layer> layers = new ArrayList<>();
      List<Digest> diffIds = image.config().content().diffIds();
      for (int i = 0; i < diffIds.size(); i++) {
        layers.add(
            new Layer(diffIds.get(i), new Layer.Origin.InArchive(image.layers().get(i).blob())));
      }
      return new Base(
          "oci-layout://" + text, named.root().digest(), image.config().content(), layers);
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  private Base resolve(ImageReference reference, String written, Platform platform) {
    if (!pull) {
      Optional<FinishedImage> here = local.find(reference);
      if (here.isPresent() && platform.runs(here.get().config().content().platform())) {
        FinishedImage image = here.get();
        List<Layer> layers = new ArrayList<>();
        List<Digest> diffIds = image.config().content().diffIds();
        for (int i = 0; i < diffIds.size(); i++) {
          layers.add(
              new Layer(diffIds.get(i), new Layer.Origin.InArchive(image.layers().get(i).blob())));
        }
        return new Base(written, image.manifest().digest(), image.config().content(), layers);
      }
    }
    ResolvedImage image = registry.resolve(reference, platform);
    List<Digest> diffIds = image.config().content().diffIds();
    List<Descriptor> blobs = image.manifest().content().layers();
    if (diffIds.size() != blobs.size()) {
      throw new BuildException(
          ErrorCode.IMAGE_INVALID,
          written
              + ": its config names "
              + diffIds.size()
              + " layers and its manifest "
              + blobs.size());
    }
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < blobs.size(); i++) {
      layers.add(
          new Layer(diffIds.get(i), new Layer.Origin.InRegistry(reference.name(), blobs.get(i))));
    }
    return new Base(written, image.digest(), image.config().content(), layers);
  }
}
