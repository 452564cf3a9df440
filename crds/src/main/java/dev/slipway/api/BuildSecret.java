package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A secret that RUN steps can mount with --mount=type=secret. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record BuildSecret(
    @JsonPropertyDescription("The id that the Dockerfile uses in RUN --mount=type=secret,id=...")
        @Required
        @Size(min = 1, max = 253) @Pattern("^[A-Za-z0-9_][A-Za-z0-9_.-]*$") String id,
    @JsonPropertyDescription(
            "The Secret key whose bytes are the secret. They never enter a layer, a log or "
                + "a cache key.")
        @Required
        KeyReference secretRef) {}
