package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Lets the builder pod run on nodes with a matching taint. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Toleration(
    @JsonPropertyDescription("Taint key; empty with operator Exists matches every taint.")
        @Size(max = 317) @Nullable String key,
    @JsonPropertyDescription("How key and value are compared: Equal (the default) or Exists.")
        @Nullable TolerationOperator operator,
    @JsonPropertyDescription("Taint value, for operator Equal.") @Size(max = 63) @Nullable String value,
    @JsonPropertyDescription(
            "NoSchedule, PreferNoSchedule or NoExecute; empty matches all of them.")
        @Nullable TaintEffect effect,
    @JsonPropertyDescription(
            "How long a NoExecute taint is tolerated, in seconds. Empty means for ever.")
        @Nullable Long tolerationSeconds) {}
