package dev.slipway.operator.source;

import java.time.Instant;

/** What is known of the commit that a ref means. */
public sealed interface Resolution {

  /** Nobody has asked yet. */
  record Unasked() implements Resolution {}

  /** The answer is on its way. */
  record Pending(Instant since) implements Resolution {}

  /** The ref means this commit (a full SHA). */
  record Resolved(String commit) implements Resolution {}

  /**
   * The operator may not read the credentials, so the builder resolves the ref itself and reports
   * the commit in its result.
   */
  record LeftToBuilder() implements Resolution {}

  /**
   * It could not be found out. It is tried again by itself.
   *
   * @param reason such as {@code GitRefNotFound}
   * @param message what failed, why, and what to do
   * @param since when it failed first
   */
  record Failed(String reason, String message, Instant since) implements Resolution {}
}
