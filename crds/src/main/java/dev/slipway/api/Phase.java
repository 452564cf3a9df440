package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where an ImageBuild is, in one word. */
public enum Phase {
  /** Nothing has been decided yet, or something is missing. */
  @JsonProperty("Pending")
  PENDING,
  /** The ref is being resolved to a commit. */
  @JsonProperty("Resolving")
  RESOLVING,
  /** It waits for its turn. */
  @JsonProperty("Queued")
  QUEUED,
  /** A builder pod is there. */
  @JsonProperty("Building")
  BUILDING,
  /** The latest build pushed its image. */
  @JsonProperty("Succeeded")
  SUCCEEDED,
  /** The latest build failed, or could not start. */
  @JsonProperty("Failed")
  FAILED,
  /** The latest build was cancelled. */
  @JsonProperty("Cancelled")
  CANCELLED,
  /** spec.suspend holds back a build. */
  @JsonProperty("Suspended")
  SUSPENDED
}
