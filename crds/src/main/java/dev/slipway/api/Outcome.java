package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a build ended. */
public enum Outcome {
  /** The image was pushed. */
  @JsonProperty("Succeeded")
  SUCCEEDED,
  /** It failed. */
  @JsonProperty("Failed")
  FAILED,
  /** It was cancelled or overtaken. */
  @JsonProperty("Cancelled")
  CANCELLED
}
