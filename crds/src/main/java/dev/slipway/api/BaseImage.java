package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** A base image as it was when the image was built. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record BaseImage(
    @JsonPropertyDescription("The name as FROM or COPY --from has it.") @Required String ref,
    @JsonPropertyDescription("The digest it resolved to.") @Required String digest) {}
