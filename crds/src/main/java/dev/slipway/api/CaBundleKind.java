package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What kind of object holds certificates. */
public enum CaBundleKind {
  /** They are no secret. */
  @JsonProperty("ConfigMap")
  CONFIG_MAP,
  /** As cert-manager writes them. */
  @JsonProperty("Secret")
  SECRET
}
