package dev.slipway.operator.cli;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/**
 * How the operator reads objects: without {@code metadata.managedFields}, which nobody here looks
 * at. As parsed JSON they are five sixths of what its caches hold. An object that is written
 * without them keeps those that it has.
 */
final class LeanSerialization {
  private LeanSerialization() {}

  static KubernetesSerialization create() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.addMixIn(ObjectMeta.class, WithoutManagedFields.class);
    return new KubernetesSerialization(mapper, true);
  }

  @JsonIgnoreProperties({"managedFields"})
  private interface WithoutManagedFields {}
}
