package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLException;

/**
 * When and how often a request is tried again: after broken connections, 408, 429 and 5xx, waiting
 * twice as long each time, by a random part of it, so that builders which failed together do not
 * come back together; {@code Retry-After} is honoured up to a bound.
 *
 * @param attempts in all, at least 1
 * @param firstDelay the longest wait before the second attempt
 * @param maxDelay the longest wait of our own choice
 * @param maxRetryAfter the longest wait that a registry may ask for; more counts as a failure
 */
public record RetryPolicy(
    int attempts, Duration firstDelay, Duration maxDelay, Duration maxRetryAfter) {

  public static final RetryPolicy DEFAULT =
      new RetryPolicy(6, Duration.ofMillis(250), Duration.ofSeconds(10), Duration.ofSeconds(60));

  public RetryPolicy {
    if (attempts < 1) {
      throw new BuildException(ErrorCode.USAGE, "at least one attempt has to be allowed");
    }
  }

  RetryPolicy withAttempts(int value) {
    return new RetryPolicy(value, firstDelay, maxDelay, maxRetryAfter);
  }

  static boolean isRetryable(int status) {
    return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
  }

  static boolean isRetryable(IOException e) {
    return switch (e) {
      case ProtocolException _, UnsafeTargetException _ -> false;
      // TLS fails for good over certificates and versions, and for now over broken connections.
      case SSLException tls -> isBrokenConnection(tls);
      default -> true;
    };
  }

  private static boolean isBrokenConnection(SSLException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof EOFException || cause instanceof SocketException) {
        return true;
      }
    }
    return false;
  }

  /** A name that is not known is more likely misspelt than about to appear. */
  int attempts(IOException e) {
    return e instanceof UnknownHostException ? Math.min(attempts, 3) : attempts;
  }

  /**
   * Waits before attempt {@code next}.
   *
   * @param next the number of the coming attempt, 2 or more
   * @param retryAfter what the registry asked for; zero for nothing
   * @return false where no further attempt is allowed
   */
  boolean await(int next, Duration retryAfter, String action) {
    if (next > attempts || retryAfter.compareTo(maxRetryAfter) > 0) {
      return false;
    }
    long longest = Math.min(maxDelay.toMillis(), firstDelay.toMillis() << Math.min(20, next - 2));
    long own = longest == 0 ? 0 : ThreadLocalRandom.current().nextLong(longest / 2, longest + 1);
    try {
      Thread.sleep(Math.max(own, retryAfter.toMillis()));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled(action, e);
    }
  }

  /** Turns an interrupt, in whatever shape it surfaced, into {@code CANCELLED}. */
  static void checkCancelled(String action, IOException e) {
    if (e instanceof ClosedByInterruptException || Thread.currentThread().isInterrupted()) {
      Thread.currentThread().interrupt();
      throw cancelled(action, e);
    }
  }

  private static BuildException cancelled(String action, Exception e) {
    return new BuildException(ErrorCode.CANCELLED, action + ": cancelled", e);
  }
}
