package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** What is kept of a build that fails. */
@ValidationRule(
    value = "duration(self.keepFor) <= duration('24h')",
    message = "keepFor must be at most 24h: a kept stage holds the resources of its pod")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Debug(
    @JsonPropertyDescription("How long after the failure the stage can be entered, such as 30m.")
        @Default("30m")
        @Pattern("^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$") @Size(max = 32) String keepFor) {

  /** Applies the default, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Debug {
    keepFor = keepFor == null ? "30m" : keepFor;
  }
}
