package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The three values of a condition. */
public enum ConditionStatus {
  /** Yes. */
  @JsonProperty("True")
  TRUE,
  /** No. */
  @JsonProperty("False")
  FALSE,
  /** Not known. */
  @JsonProperty("Unknown")
  UNKNOWN
}
