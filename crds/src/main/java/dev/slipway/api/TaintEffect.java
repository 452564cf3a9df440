package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a taint does. */
public enum TaintEffect {
  /** No new pods. */
  @JsonProperty("NoSchedule")
  NO_SCHEDULE,
  /** Rather no new pods. */
  @JsonProperty("PreferNoSchedule")
  PREFER_NO_SCHEDULE,
  /** Pods are evicted. */
  @JsonProperty("NoExecute")
  NO_EXECUTE
}
