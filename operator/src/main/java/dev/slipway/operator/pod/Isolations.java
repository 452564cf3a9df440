package dev.slipway.operator.pod;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which isolation the platform lets builder pods have.
 *
 * @param allowed strongest first; never empty
 * @param seccompProfile path of our seccomp profile below the kubelet's directory of profiles, the
 *     same on every node; null where nodes do not have it
 */
public record Isolations(List<Isolation> allowed, @Nullable String seccompProfile) {

  /** Pods like any other, with nothing asked of the cluster. */
  public static final Isolations PLAIN = new Isolations(List.of(Isolation.CHROOT), null);

  public Isolations {
    if (allowed.isEmpty()) {
      throw new IllegalArgumentException("no isolation is allowed, so nothing could be built");
    }
    allowed = allowed.stream().sorted().distinct().toList();
  }

  /**
   * What is left of the allowed ones on a cluster.
   *
   * @param userNamespaces whether pods can have user namespaces
   * @throws IllegalArgumentException if nothing is left; the message says what to change
   */
  public static Isolations of(
      Set<Isolation> allowed, @Nullable String seccompProfile, boolean userNamespaces) {
    EnumSet<Isolation> left = EnumSet.copyOf(allowed);
    left.removeIf(isolation -> isolation.needsProfile() && seccompProfile == null);
    left.removeIf(isolation -> isolation.needsUserNamespaces() && !userNamespaces);
    if (left.isEmpty()) {
      throw new IllegalArgumentException(
          "none of the isolations %s is possible here: %s; allow another one"
              .formatted(
                  allowed.stream().sorted().map(Isolation::label).toList(),
                  userNamespaces
                      ? "nested and restricted need a seccomp profile on the nodes"
                      : "userns, nested and restricted need Kubernetes 1.33 or newer"));
    }
    return new Isolations(List.copyOf(left), seccompProfile);
  }

  /** Every isolation there is. */
  public static Set<Isolation> every() {
    return EnumSet.copyOf(Arrays.asList(Isolation.values()));
  }
}
