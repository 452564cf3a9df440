package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import java.io.IOException;
import java.time.Duration;

/**
 * A registry answered, but not as hoped. Carries the failure to report if no further attempt is
 * made.
 */
final class StatusException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final Duration retryAfter;
  private final BuildException failure;
  private final boolean fromTokenService;

  StatusException(int status, Duration retryAfter, BuildException failure) {
    this(status, retryAfter, failure, false);
  }

  private StatusException(
      int status, Duration retryAfter, BuildException failure, boolean fromTokenService) {
    super(failure.getMessage(), failure);
    this.status = status;
    this.retryAfter = retryAfter;
    this.failure = failure;
    this.fromTokenService = fromTokenService;
  }

  /** The same, as the answer of the service that gives tokens for the registry. */
  StatusException byTokenService() {
    return new StatusException(status, retryAfter, failure, true);
  }

  boolean isFromTokenService() {
    return fromTokenService;
  }

  int status() {
    return status;
  }

  Duration retryAfter() {
    return retryAfter;
  }

  BuildException failure() {
    return failure;
  }
}
