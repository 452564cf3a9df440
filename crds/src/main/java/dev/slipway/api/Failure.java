package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why the latest build failed. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Failure(
    @JsonPropertyDescription("One CamelCase word, such as RunFailed or GitRefNotFound.") @Required
        String reason,
    @JsonPropertyDescription("What failed, why, and what to do next.") @Required String message,
    @JsonPropertyDescription("Stage of the Dockerfile.") @Nullable String stage,
    @JsonPropertyDescription("The instruction that failed.") @Nullable String instruction,
    @JsonPropertyDescription("File that has the instruction.") @Nullable String file,
    @JsonPropertyDescription("Line of the instruction, from 1.") @Nullable Integer line,
    @JsonPropertyDescription("Exit code of the RUN step.") @Nullable Integer exitCode,
    @JsonPropertyDescription("The last lines of output.") List<String> logTail) {

  /** Absent means empty. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public Failure {
    logTail = logTail == null ? List.of() : List.copyOf(logTail);
  }
}
