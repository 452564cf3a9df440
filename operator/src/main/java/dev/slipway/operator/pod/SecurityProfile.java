package dev.slipway.operator.pod;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;

/**
 * The security context of builder pods: the platform's choice, in this one place. What it is now
 * passes Pod Security {@code baseline}: no privilege, no host namespace, no added capability, the
 * runtime's own seccomp profile. The builder probes which isolation that leaves it for RUN steps.
 */
final class SecurityProfile {
  private SecurityProfile() {}

  static PodSpecBuilder apply(PodSpecBuilder pod, ContainerBuilder container) {
    return pod.withNewSecurityContext()
        .withNewSeccompProfile(null, "RuntimeDefault")
        .endSecurityContext()
        .withContainers(
            container.withNewSecurityContext().withPrivileged(false).endSecurityContext().build());
  }
}
