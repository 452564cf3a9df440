package dev.slipway.operator.pod;

import io.fabric8.kubernetes.api.model.CapabilitiesBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The security context of builder pods, in this one place. None is privileged, and none shares a
 * namespace of the node. The builder finds out by itself which sandbox that makes possible.
 */
final class SecurityProfile {
  /** Which isolation a pod was made for. */
  static final String ANNOTATION = "slipway.dev/isolation";

  /**
   * Whoever the pod is, it is nobody outside its user namespace; files of volumes are this group's.
   */
  private static final long ORDINARY = 1000;

  private SecurityProfile() {}

  static Pod apply(Pod pod, Isolation isolation, @Nullable String seccompProfile) {
    List<Container> containers =
        pod.getSpec().getContainers().stream()
            .map(one -> new ContainerBuilder(one).withSecurityContext(container(isolation)).build())
            .toList();
    return new PodBuilder(pod)
        .editMetadata()
        .addToAnnotations(ANNOTATION, isolation.label())
        .endMetadata()
        .editSpec()
        // Absent is true; written out, it would say something to clusters that do not know it.
        .withHostUsers(isolation.needsUserNamespaces() ? Boolean.FALSE : null)
        .withSecurityContext(ofPod(isolation, seccompProfile))
        .withContainers(containers)
        .endSpec()
        .build();
  }

  private static PodSecurityContext ofPod(Isolation isolation, @Nullable String seccompProfile) {
    PodSecurityContextBuilder context = new PodSecurityContextBuilder();
    if (isolation.needsProfile()) {
      context.withNewSeccompProfile(seccompProfile, "Localhost");
    } else {
      context.withNewSeccompProfile(null, "RuntimeDefault");
    }
    if (isolation == Isolation.RESTRICTED) {
      context
          .withRunAsNonRoot(true)
          .withRunAsUser(ORDINARY)
          .withRunAsGroup(ORDINARY)
          .withFsGroup(ORDINARY);
    }
    return context.build();
  }

  private static SecurityContext container(Isolation isolation) {
    SecurityContextBuilder context = new SecurityContextBuilder().withPrivileged(false);
    return switch (isolation) {
      // An own /proc can be mounted only where a whole one is seen.
      case USERNS ->
          context
              .withProcMount("Unmasked")
              .withCapabilities(new CapabilitiesBuilder().addToAdd("SYS_ADMIN").build())
              .build();
      case NESTED -> context.withProcMount("Unmasked").build();
      case RESTRICTED ->
          context
              .withAllowPrivilegeEscalation(false)
              .withCapabilities(new CapabilitiesBuilder().addToDrop("ALL").build())
              .build();
      case CHROOT -> context.build();
    };
  }
}
