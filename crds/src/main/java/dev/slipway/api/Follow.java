package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** What starts a build without anybody asking. */
@ValidationRule(
    value = "duration(self.interval) >= duration('10s')",
    message = "interval must be at least 10s: Git servers limit how often they are asked")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Follow(
    @JsonPropertyDescription(
            "How often the Git server is asked whether the ref has moved. All builds of a repository"
                + " share one request.")
        @Default("5m")
        @Pattern("^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$") @Size(max = 32) String interval,
    @JsonPropertyDescription(
            "Build again too when a base image (what FROM and COPY --from name) has another digest"
                + " under the same tag. Registries are asked at the same interval, one request for"
                + " all who use an image.")
        @Default("false")
        boolean baseImages) {

  /** Applies the default, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Follow {
    interval = interval == null ? "5m" : interval;
  }
}
