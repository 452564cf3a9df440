package dev.slipway.operator;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.api.config.Cloner;

/**
 * Gives each reconciliation an ImageBuild of its own. The SDK would write every one as JSON and
 * read it again, a tenth of what a restart costs; but spec and status are records, so nobody can
 * change what the cache holds through them. Thread-safe.
 */
final class Copies implements Cloner {
  private final KubernetesSerialization serialization;

  Copies(KubernetesSerialization serialization) {
    this.serialization = serialization;
  }

  @Override
  public <R extends HasMetadata> R clone(R object) {
    if (!(object instanceof ImageBuild build)) {
      return serialization.clone(object);
    }
    ImageBuild copy = new ImageBuild();
    copy.setMetadata(new ObjectMetaBuilder(build.getMetadata()).build());
    copy.setSpec(build.getSpec());
    copy.setStatus(build.getStatus());
    @SuppressWarnings("unchecked") // An ImageBuild, as R is: the class is final.
    R own = (R) copy;
    return own;
  }
}
