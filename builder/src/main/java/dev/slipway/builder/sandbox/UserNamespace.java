package dev.slipway.builder.sandbox;

/**
 * The user namespace that an ordinary user's builder must be in before its JVM starts: the kernel
 * refuses CLONE_NEWUSER to a process with threads, so the builder executes itself anew.
 */
public final class UserNamespace {
  private UserNamespace() {}

  /** Whether this process may mount already; then there is nothing to enter. */
  @SuppressWarnings("DoNotCallSuggester") // until the body is there
  public static boolean entered() {
    throw new UnsupportedOperationException("UserNamespace: not there yet");
  }
}
