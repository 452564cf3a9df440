package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Where certificates of a private authority are. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record CaBundleReference(
    @JsonPropertyDescription("ConfigMap (the default) or Secret.") @Default("ConfigMap")
        CaBundleKind kind,
    @JsonPropertyDescription("Name of the object, in the namespace of the ImageBuild.")
        @Required
        @Size(min = 1, max = 253) String name,
    @JsonPropertyDescription("Key whose value is one or more certificates in PEM.")
        @Default("ca.crt")
        @Size(min = 1, max = 253) String key) {

  /** Applies the defaults, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public CaBundleReference {
    kind = kind == null ? CaBundleKind.CONFIG_MAP : kind;
    key = key == null ? "ca.crt" : key;
  }
}
