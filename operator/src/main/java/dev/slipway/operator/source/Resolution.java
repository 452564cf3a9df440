package dev.slipway.operator.source;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is known of the commit that a ref means. */
public sealed interface Resolution {

  /** Nobody has asked yet. */
  record Unasked() implements Resolution {}

  /** The answer is on its way. */
  record Pending(Instant since) implements Resolution {}

  /**
   * The ref means this commit (a full SHA).
   *
   * @param asked when somebody wanted to know; null where nobody had to be asked
   * @param answered when it was known; null where nobody had to be asked
   */
  record Resolved(String commit, @Nullable Instant asked, @Nullable Instant answered)
      implements Resolution {
    public Resolved(String commit) {
      this(commit, null, null);
    }
  }

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
