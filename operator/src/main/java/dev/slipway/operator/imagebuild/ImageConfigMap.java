package dev.slipway.operator.imagebuild;

import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.operator.pod.Owner;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The ConfigMap {@code <name>-image}: the digest for tools that read no status. */
final class ImageConfigMap {
  private ImageConfigMap() {}

  /** The ConfigMap, where one is asked for and the status that is about to be written has news. */
  static Optional<ConfigMap> wanted(
      ImageBuild build, ImageBuildStatus before, ImageBuildStatus after) {
    boolean news =
        !Objects.equals(before.image(), after.image())
            || !Objects.equals(before.observedGeneration(), after.observedGeneration());
    if (!build.getSpec().output().configMap() || after.image() == null || !news) {
      return Optional.empty();
    }
    Map<String, String> data = new LinkedHashMap<>();
    data.put("image", after.image());
    data.put("digest", Objects.requireNonNullElse(after.digest(), ""));
    // status.source is of the latest build, which may have failed.
    after.history().stream()
        .filter(h -> after.digest() != null && after.digest().equals(h.digest()))
        .map(HistoryEntry::commit)
        .filter(Objects::nonNull)
        .findFirst()
        .ifPresent(commit -> data.put("commit", commit));
    return Optional.of(
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(build.getMetadata().getName() + "-image")
            .withNamespace(build.getMetadata().getNamespace())
            .addToLabels("app.kubernetes.io/managed-by", "slipway")
            .withOwnerReferences(Owner.of(build))
            .endMetadata()
            .withData(data)
            .build());
  }
}
