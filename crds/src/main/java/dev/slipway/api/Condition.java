package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** One aspect of the state, in the form of the Kubernetes API conventions. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Condition(
    @JsonPropertyDescription("Ready, Reconciling or Stalled.") @Required String type,
    @JsonPropertyDescription("True, False or Unknown.") @Required ConditionStatus status,
    @JsonPropertyDescription("Why, as one CamelCase word.") @Required String reason,
    @JsonPropertyDescription("Why, and what to do next, for people.") @Required String message,
    @JsonPropertyDescription("When status last changed (RFC 3339).") @Required
        String lastTransitionTime,
    @JsonPropertyDescription("The generation of the spec that this condition speaks of.")
        @Nullable Long observedGeneration) {}
