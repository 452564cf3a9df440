package dev.slipway.builder.sandbox;

/**
 * The user namespace that an ordinary user's builder must be in before its JVM starts: the kernel
 * refuses CLONE_NEWUSER to a process with threads, so the builder executes itself anew.
 */
public final class UserNamespace {
  /** Tells the builder that it has executed itself anew already. */
  static final String MARK = "SLIPWAY_USER_NAMESPACE";

  private UserNamespace() {}

  /** Whether this process is in a user namespace because the builder asked for one. */
  static boolean enteredByBuilder() {
    return System.getenv(MARK) != null;
  }
}
