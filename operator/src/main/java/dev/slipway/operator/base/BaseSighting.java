package dev.slipway.operator.base;

import java.time.Instant;

/** What was last seen of a base image. */
public sealed interface BaseSighting {
  /** The tag had this digest when it was asked about. */
  record Seen(String digest, Instant asked) implements BaseSighting {}

  /** It cannot be looked at; the reason is one of {@link dev.slipway.api.Reasons}. */
  record Blind(String reason, String message) implements BaseSighting {}
}
