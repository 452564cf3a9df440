package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which layers a build cache keeps. It remembers every step in either mode. */
public enum CacheMode {
  /** Those of the image. */
  @JsonProperty("Min")
  MIN,
  /** Those of every stage. */
  @JsonProperty("Max")
  MAX
}
