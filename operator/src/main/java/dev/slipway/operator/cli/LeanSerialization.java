package dev.slipway.operator.cli;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/**
 * How the operator reads objects: without what nobody here looks at and its caches would hold
 * thousands of times. Of metadata that is {@code managedFields}, which as parsed JSON are five
 * sixths of it; an object that is written without them keeps those that it has. Of a pod it is what
 * only its kubelet needs to know: a pod as read is not one to write, which the operator never does.
 * Objects that it makes are written whole.
 */
final class LeanSerialization {
  private LeanSerialization() {}

  static KubernetesSerialization create() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.addMixIn(ObjectMeta.class, WithoutManagedFields.class);
    mapper.addMixIn(PodSpec.class, WithoutWhatRuns.class);
    mapper.addMixIn(ContainerStatus.class, WithoutWhatWasGranted.class);
    mapper.registerModule(
        new SimpleModule()
            .addDeserializer(String.class, new SharedText())
            .setDeserializerModifier(new SharedEmpties()));
    return new KubernetesSerialization(mapper, true);
  }

  @JsonIgnoreProperties({"managedFields"})
  private interface WithoutManagedFields {}

  /** Where a pod runs and what it waits for stays. */
  @JsonIgnoreProperties(
      value = {
        "affinity",
        "containers",
        "dnsConfig",
        "dnsPolicy",
        "ephemeralContainers",
        "imagePullSecrets",
        "initContainers",
        "nodeSelector",
        "preemptionPolicy",
        "priorityClassName",
        "resourceClaims",
        "resources",
        "restartPolicy",
        "runtimeClassName",
        "schedulerName",
        "securityContext",
        "serviceAccount",
        "serviceAccountName",
        "tolerations",
        "topologySpreadConstraints",
        "volumes"
      },
      allowGetters = true)
  private interface WithoutWhatRuns {}

  /** How a container is and how it ended stays. */
  @JsonIgnoreProperties(
      value = {
        "allocatedResources",
        "allocatedResourcesStatus",
        "resources",
        "user",
        "volumeMounts"
      },
      allowGetters = true)
  private interface WithoutWhatWasGranted {}
}
