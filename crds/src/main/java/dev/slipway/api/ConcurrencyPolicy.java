package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happens to a running build when the spec changes; the terms are those of a CronJob. */
public enum ConcurrencyPolicy {
  /** It is stopped, and the new spec is built. */
  @JsonProperty("Replace")
  REPLACE,
  /** It may finish first. */
  @JsonProperty("Forbid")
  FORBID,
  /** It runs on beside the new one. */
  @JsonProperty("Allow")
  ALLOW
}
