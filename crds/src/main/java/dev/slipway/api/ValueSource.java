package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where a value that is not written in the ImageBuild comes from. */
@ValidationRule(
    value = "has(self.secretKeyRef) != has(self.configMapKeyRef)",
    message = "valueFrom needs exactly one of secretKeyRef and configMapKeyRef")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ValueSource(
    @JsonPropertyDescription(
            "Take the value from this key of a Secret. A build argument ends up in the "
                + "history of the image: for real secrets use spec.secrets.")
        @Nullable KeyReference secretKeyRef,
    @JsonPropertyDescription("Take the value from this key of a ConfigMap.")
        @Nullable KeyReference configMapKeyRef) {}
