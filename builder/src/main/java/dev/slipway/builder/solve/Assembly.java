package dev.slipway.builder.solve;

import dev.slipway.builder.cache.BuildCache;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageFormat;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.Output;
import dev.slipway.builder.report.Reporter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns the target's state into an image, once for each way in which an output wants it written.
 */
final class Assembly {
  private final Layers layers;
  private final BuildCache cache;
  private final Reporter reporter;
  private final BuildRequest request;

  Assembly(Layers layers, BuildCache cache, Reporter reporter, BuildRequest request) {
    this.layers = layers;
    this.cache = cache;
    this.reporter = reporter;
    this.request = request;
  }

  /**
   * The image in every encoding that is wanted.
   *
   * @param all in the order of the outputs
   */
  record Images(Map<Output.Encoding, FinishedImage> all) {
    /** The one that the result of the build tells of. */
    FinishedImage first() {
      return all.values().iterator().next();
    }

    FinishedImage of(Output output) {
      return output.encoding().flatMap(one -> Optional.ofNullable(all.get(one))).orElse(first());
    }
  }

  /** Writes configs and manifests; waits for blobs that are still being compressed. */
  Images images(StageState state, Epoch epoch) {
    Reporter.Running step = reporter.start(Optional.empty(), "exporting layers");
    try {
      Map<Output.Encoding, FinishedImage> all = new LinkedHashMap<>();
      for (Output.Encoding encoding : encodings(request)) {
        FinishedImage image = image(state, epoch, encoding);
        step.note("manifest " + image.manifest().digest());
        step.note("config " + image.config().digest());
        all.put(encoding, image);
      }
      step.done();
      return new Images(all);
    } catch (BuildException e) {
      step.failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /** The encodings that outputs want, at least one. */
  static Set<Output.Encoding> encodings(BuildRequest request) {
    List<Output.Encoding> wanted =
        request.outputs().stream().flatMap(output -> output.encoding().stream()).toList();
    return switch (wanted.size()) {
      case 0 -> Set.of(Output.Encoding.DEFAULT);
      case 1 -> Set.of(wanted.getFirst());
      default -> new LinkedHashSet<>(wanted);
    };
  }

  private FinishedImage image(StageState state, Epoch epoch, Output.Encoding encoding) {
    List<FinishedImage.ImageLayer> blobs = new ArrayList<>();
    Set<String> registries = registries();
    for (Layer layer : state.layers()) {
      blobs.add(
          new FinishedImage.ImageLayer(
              layers.blobs().get(layer, encoding.layers(), encoding.force()),
              home(layer, registries)));
    }
    ContainerConfig.Builder config = state.config().toBuilder();
    request.labelling().labels().forEach(config::label);
    ImageConfig image =
        state
            .image()
            .withConfig(config.build())
            .withCreated(created(state, epoch))
            .withPlatform(state.image().platform());
    ImageFormat format = encoding.ociMediaTypes() ? ImageFormat.OCI : ImageFormat.DOCKER;
    return FinishedImage.of(image, blobs, annotations(image, blobs, encoding), format);
  }

  private Map<String, String> annotations(
      ImageConfig image, List<FinishedImage.ImageLayer> blobs, Output.Encoding encoding) {
    List<Descriptor> descriptors = blobs.stream().map(layer -> layer.blob().descriptor()).toList();
    Map<String, String> inline =
        cache.inlineAnnotations(image.diffIds(), descriptors, encoding.layers());
    if (!inline.isEmpty() && !encoding.ociMediaTypes()) {
      throw new BuildException(
          ErrorCode.UNSUPPORTED,
          "--cache-to type=inline needs an OCI image; an output has oci-mediatypes=false");
    }
    Map<String, String> all = new LinkedHashMap<>(request.labelling().annotations());
    all.putAll(inline);
    return all;
  }

  /** A repository whose blobs a push can mount. */
  private Optional<ImageReference> home(Layer layer, Set<String> registries) {
    return switch (layer.origin()) {
      case Layer.Origin.InRegistry remote -> Optional.of(remote.repository());
      case Layer.Origin.InCache in -> in.cached().home();
      case Layer.Origin.InArchive ignored -> Optional.empty();
      case Layer.Origin.InStore ignored -> cache.home(layer.diffId(), registries);
    };
  }

  /** The registries that the image is pushed to. */
  private Set<String> registries() {
    Set<String> registries = new HashSet<>();
    for (Output output : request.outputs()) {
      if (output instanceof Output.Registry to) {
        Exports.names(to.name(), request.labelling().tags())
            .forEach(name -> registries.add(name.registry()));
      }
    }
    return registries;
  }

  /** The image is as old as its last step, so that nothing but steps can change its digest. */
  private static Instant created(StageState state, Epoch epoch) {
    if (epoch.fixed().isPresent()) {
      return epoch.fixed().get();
    }
    List<History> history = state.image().history();
    Instant last = history.isEmpty() ? null : history.getLast().created();
    return last == null ? epoch.created() : last;
  }
}
