package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** One stage of the Dockerfile, as it was built. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record StageStatus(
    @JsonPropertyDescription("Name or number of the stage.") @Required String name,
    @JsonPropertyDescription("Seconds it took.") @Nullable Double seconds,
    @JsonPropertyDescription("Steps it has.") @Nullable Integer steps,
    @JsonPropertyDescription("Steps that came from the cache.") @Nullable Integer cached) {}
