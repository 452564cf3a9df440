package dev.slipway.builder.failure;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A failure that a user can act on. The message reads: what failed, on what, why, and what to do
 * next. It never carries a secret: callers redact URLs and headers before they build it.
 *
 * <p>Immutable; {@link #at} returns a copy that knows its place, and keeps a place already known,
 * because the innermost one is the most exact.
 */
public final class BuildException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final transient @Nullable Location location;
  private final boolean retryable;

  public BuildException(ErrorCode code, String message) {
    this(code, message, null, null, code.retryable());
  }

  public BuildException(ErrorCode code, String message, Throwable cause) {
    this(code, message, cause, null, code.retryable());
  }

  public BuildException(ErrorCode code, String message, Location location) {
    this(code, message, null, location, code.retryable());
  }

  private BuildException(
      ErrorCode code,
      String message,
      @Nullable Throwable cause,
      @Nullable Location location,
      boolean retryable) {
    super(message, cause);
    this.code = code;
    this.location = location;
    this.retryable = retryable;
  }

  public ErrorCode code() {
    return code;
  }

  public Optional<Location> location() {
    return Optional.ofNullable(location);
  }

  public boolean retryable() {
    return retryable;
  }

  /** The same failure at {@code place}, unless it already has a place. */
  public BuildException at(Location place) {
    return location != null ? this : new BuildException(code, text(), this, place, retryable);
  }

  /** The same failure with another answer to "can a retry help". */
  public BuildException withRetryable(boolean value) {
    return value == retryable ? this : new BuildException(code, text(), this, location, value);
  }

  private String text() {
    String message = getMessage();
    return message == null ? code.reason() : message;
  }
}
