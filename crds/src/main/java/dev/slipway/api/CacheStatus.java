package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** How much of a build was reused. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record CacheStatus(
    @JsonPropertyDescription("Steps taken from the cache.") @Nullable Integer hits,
    @JsonPropertyDescription("Steps that ran.") @Nullable Integer misses) {}
