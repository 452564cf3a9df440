package dev.slipway.operator.pod;

import java.util.Locale;
import java.util.Optional;

/**
 * How a builder pod asks Kubernetes for the means to isolate RUN steps, strongest first. The names
 * are those of the builder's sandbox tiers; none is a privileged pod.
 */
public enum Isolation {
  /**
   * A user namespace of the pod's own with SYS_ADMIN in it: the pod's root is nobody on the node.
   * Nothing is installed on nodes. Admitted in namespaces that enforce Pod Security {@code
   * privileged}, or nothing.
   */
  USERNS("privileged"),
  /**
   * A user namespace of the pod's own with the capabilities of any container; the builder makes
   * another inside it, for which nodes need a seccomp profile that allows that.
   */
  NESTED("baseline"),
  /**
   * As {@link #NESTED}, and as an ordinary user without any capability. Steps can be root only, and
   * cannot give files to anybody else.
   */
  RESTRICTED("restricted"),
  /**
   * A container like any other, for clusters without user namespaces and nodes without a profile.
   * Steps have no namespaces of their own, and no mounts: no {@code /proc}, no {@code
   * --network=none}.
   */
  CHROOT("baseline");

  private final String podSecurity;

  Isolation(String podSecurity) {
    this.podSecurity = podSecurity;
  }

  /** The strictest level of the Pod Security Standards that admits such a pod. */
  public String podSecurity() {
    return podSecurity;
  }

  /** The name that flags, annotations and the status use. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether nodes need the platform's seccomp profile for it. */
  boolean needsProfile() {
    return this == NESTED || this == RESTRICTED;
  }

  /** Whether the pod runs in a user namespace, which needs Kubernetes 1.33 and a node to match. */
  public boolean needsUserNamespaces() {
    return this != CHROOT;
  }

  public static Optional<Isolation> ofLabel(String label) {
    for (Isolation isolation : values()) {
      if (isolation.label().equals(label)) {
        return Optional.of(isolation);
      }
    }
    return Optional.empty();
  }
}
