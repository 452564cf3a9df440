package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The latest build: running, or the last that ended. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record BuildStatus(
    @JsonPropertyDescription("Counts the builds of this ImageBuild from 1.") @Nullable Long number,
    @JsonPropertyDescription(
            "Hash of everything that goes into the image. The same hash is never built "
                + "twice without a reason.")
        @Nullable String inputs,
    @JsonPropertyDescription("Name of the builder pod.") @Nullable String podName,
    @JsonPropertyDescription("Which try of this build it is, from 1.") @Nullable Integer attempt,
    @JsonPropertyDescription(
            "Why it was built: SpecChanged, NewCommit, BaseImageChanged, Requested.")
        @Nullable String reason,
    @JsonPropertyDescription("What changed, from what to what.") @Nullable String trigger,
    @JsonPropertyDescription("Succeeded, Failed or Cancelled once it has ended.")
        @Nullable Outcome outcome,
    @JsonPropertyDescription("When it was decided to build (RFC 3339).") @Nullable String queueTime,
    @JsonPropertyDescription("When the builder pod started (RFC 3339).") @Nullable String startTime,
    @JsonPropertyDescription("When the build ended (RFC 3339).") @Nullable String completionTime,
    @JsonPropertyDescription("How long it ran, such as 41s.") @Nullable String duration,
    @JsonPropertyDescription("What was reused.") @Nullable CacheStatus cache,
    @JsonPropertyDescription("The stages that were built.") List<StageStatus> stages,
    @JsonPropertyDescription("Isolation tier that RUN steps had.") @Nullable String sandbox) {

  /** Absent means empty. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public BuildStatus {
    stages = stages == null ? List.of() : List.copyOf(stages);
  }
}
