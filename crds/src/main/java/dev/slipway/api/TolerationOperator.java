package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a toleration compares. */
public enum TolerationOperator {
  /** Key and value are equal. */
  @JsonProperty("Equal")
  EQUAL,
  /** The key is there. */
  @JsonProperty("Exists")
  EXISTS
}
