package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A private key that RUN steps can use with --mount=type=ssh. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record BuildSsh(
    @JsonPropertyDescription("The id that the Dockerfile uses in RUN --mount=type=ssh,id=...")
        @Default("default")
        @Size(min = 1, max = 253) @Pattern("^[A-Za-z0-9_][A-Za-z0-9_.-]*$") String id,
    @JsonPropertyDescription(
            "The Secret key with a private key without a passphrase, such as ssh-privatekey of a"
                + " Secret of the type kubernetes.io/ssh-auth. Steps see an agent that signs with"
                + " it, never the key.")
        @Required
        KeyReference secretRef) {

  /** Applies the default. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public BuildSsh {
    id = id == null ? "default" : id;
  }
}
