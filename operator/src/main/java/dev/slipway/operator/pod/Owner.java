package dev.slipway.operator.pod;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;

/** How what belongs to an ImageBuild says so; with it the garbage collector takes it along. */
public final class Owner {
  private Owner() {}

  /** The reference to it. */
  public static OwnerReference of(ImageBuild build) {
    return new OwnerReferenceBuilder()
        .withApiVersion(build.getApiVersion())
        .withKind(build.getKind())
        .withName(build.getMetadata().getName())
        .withUid(build.getMetadata().getUid())
        .withController(true)
        .build();
  }
}
