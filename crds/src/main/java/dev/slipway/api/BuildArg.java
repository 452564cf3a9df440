package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A value for an ARG of the Dockerfile. */
@ValidationRule(
    value = "!(has(self.value) && has(self.valueFrom))",
    message = "a build argument has either value or valueFrom, not both")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record BuildArg(
    @JsonPropertyDescription("Name of the ARG.")
        @Required
        @Size(min = 1, max = 253) @Pattern("^[A-Za-z_][A-Za-z0-9_]*$") String name,
    @JsonPropertyDescription("The value. Left out together with valueFrom, it is the empty string.")
        @Size(max = 32768) @Nullable String value,
    @JsonPropertyDescription("Take the value from a Secret or ConfigMap when the build starts.")
        @Nullable ValueSource valueFrom) {}
