package dev.slipway.builder.output;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.PushResult;
import dev.slipway.builder.registry.RegistryClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Pushes an image: the blobs side by side, then config and manifest, then each tag. */
public final class RegistryPush {
  private final RegistryClient registry;
  private final Predicate<Digest> sentBefore;
  private final Consumer<String> say;

  /**
   * @param say receives a line for each blob and tag
   */
  public RegistryPush(RegistryClient registry, Consumer<String> say) {
    this(registry, digest -> false, say);
  }

  /**
   * @param sentBefore which blobs this program has just uploaded already
   * @param say receives a line for each blob and tag
   */
  public RegistryPush(RegistryClient registry, Predicate<Digest> sentBefore, Consumer<String> say) {
    this.registry = registry;
    this.sentBefore = sentBefore;
    this.say = say;
  }

  /**
   * Pushes under every name. A repository gets each blob once, however many tags it has.
   *
   * @throws BuildException with a registry code; nothing is tagged before all blobs are there
   */
  public void push(FinishedImage image, List<ImageReference> names) throws InterruptedException {
    Map<ImageReference, List<ImageReference>> byRepository = new LinkedHashMap<>();
    for (ImageReference name : names) {
      byRepository.computeIfAbsent(name.name(), key -> new ArrayList<>()).add(name);
    }
    for (Map.Entry<ImageReference, List<ImageReference>> one : byRepository.entrySet()) {
      blobs(image, one.getKey());
      for (ImageReference name : one.getValue()) {
        registry.putManifest(name.withDefaultTag(), image.manifest());
        say.accept("pushed " + name.withDefaultTag() + " " + image.manifest().digest());
      }
    }
  }

  private void blobs(FinishedImage image, ImageReference repository) throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> sent = new ArrayList<>();
      for (FinishedImage.ImageLayer layer : image.layers()) {
        sent.add(threads.submit(() -> blob(repository, layer)));
      }
      sent.add(threads.submit(() -> registry.push(repository, Blob.of(image.config()), List.of())));
      try {
        for (Future<?> one : sent) {
          one.get();
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        if (e.getCause() instanceof BuildException known) {
          throw known;
        }
        throw new BuildException(
            ErrorCode.INTERNAL, "pushing to " + repository + ": " + e.getCause(), e);
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw e;
      }
    }
  }

  private void blob(ImageReference repository, FinishedImage.ImageLayer layer) {
    Descriptor blob = layer.blob().descriptor();
    PushResult result =
        registry.push(repository, layer.blob(), layer.origin().map(List::of).orElse(List.of()));
    say.accept(
        "layer "
            + blob.digest().hex().substring(0, 12)
            + " "
            + size(blob.size())
            + ": "
            + (result == PushResult.EXISTED && !sentBefore.test(blob.digest())
                ? "already exists"
                : result == PushResult.MOUNTED ? "mounted" : "uploaded"));
  }

  /** As docker prints sizes: powers of ten. */
  public static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + "B";
    }
    String units = "kMGTP";
    double value = bytes;
    int unit = -1;
    while (value >= 999.95) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.3g", value)
            .replaceAll("(\\.\\d*?)0+$", "$1")
            .replaceAll("\\.$", "")
        + units.charAt(unit)
        + "B";
  }
}
