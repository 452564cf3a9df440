package dev.slipway.builder.sandbox;

import java.util.Locale;
import java.util.Optional;

/**
 * How a RUN step is kept apart from the builder and its machine, strongest first. The names are
 * API: users ask for one, and the result document records which it was.
 */
public enum Tier {
  /**
   * The builder already runs in a user namespace with every id mapped (a pod with {@code hostUsers:
   * false} and SYS_ADMIN in it): overlay, own PID namespace, own {@code /proc}.
   */
  USERNS,
  /**
   * As {@link #USERNS}, in a user namespace that the builder itself entered before it started
   * ({@link UserNamespace}), with a range of ids mapped.
   */
  NESTED,
  /**
   * Root of the machine itself: the same namespaces, and no user namespace. Capabilities are
   * bounded as docker bounds them.
   */
  ROOT,
  /**
   * A user namespace with one id mapped, entered by an ordinary user: files belong to root whatever
   * {@code chown} asks for (it fails), and {@code USER} can only be root.
   */
  RESTRICTED,
  /**
   * No namespaces and no mounts, for root of any container: layers are copied, and a step works in
   * a {@code chroot} that it cannot leave, without {@code /proc}. It shares the builder's network
   * and processes; Landlock (Linux 5.19, better 6.12) keeps it from touching them, and without
   * Landlock a step that runs as root can signal the builder, but neither read nor trace it.
   */
  CHROOT;

  /** The lower-case name that flags and documents use. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Tier> ofLabel(String label) {
    for (Tier tier : values()) {
      if (tier.label().equals(label)) {
        return Optional.of(tier);
      }
    }
    return Optional.empty();
  }
}
