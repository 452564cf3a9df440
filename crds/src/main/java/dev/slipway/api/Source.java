package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Where the build context comes from. */
@ValidationRule(
    value = "!self.contextDir.startsWith('/') && !self.contextDir.matches('(^|.*/)[.][.](/.*|$)')",
    message = "contextDir must be a path inside the repository: relative, and without '..'")
@ValidationRule(
    value = "!has(self.git.depth) || self.contextDir == '.'",
    message =
        "git.depth keeps .git in the context, which only the root of the repository has: leave"
            + " contextDir or depth out")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Source(
    @JsonPropertyDescription("The Git repository to build.") @Required GitSource git,
    @JsonPropertyDescription(
            "Directory in the repository that is the build context, relative to its root. "
                + "It may not leave the repository.")
        @Default(".")
        @Size(min = 1, max = 1024) String contextDir) {

  /** Applies the default, so that objects from a server that does not default read the same. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Source {
    contextDir = contextDir == null ? "." : contextDir;
  }
}
