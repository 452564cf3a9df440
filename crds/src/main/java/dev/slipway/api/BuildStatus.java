package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnore;
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
    @JsonPropertyDescription("Not before this the next try starts (RFC 3339).")
        @Nullable String nextAttemptTime,
    @JsonPropertyDescription("When the builder pod started (RFC 3339).") @Nullable String startTime,
    @JsonPropertyDescription("When the build ended (RFC 3339).") @Nullable String completionTime,
    @JsonPropertyDescription("How long it ran, such as 41s.") @Nullable String duration,
    @JsonPropertyDescription("What was reused.") @Nullable CacheStatus cache,
    @JsonPropertyDescription("The stages that were built.") List<StageStatus> stages,
    @JsonPropertyDescription("Isolation tier that RUN steps had.") @Nullable String sandbox,
    @JsonPropertyDescription("The OpenTelemetry trace of this build, where the platform has one.")
        @Nullable String traceId) {

  /** Absent means empty. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public BuildStatus {
    stages = stages == null ? List.of() : List.copyOf(stages);
  }

  /** A build that nothing is known of yet. */
  public static final BuildStatus EMPTY = new Builder().build();

  /** Whether it has been decided and has not ended. */
  @JsonIgnore
  public boolean active() {
    return number != null && outcome == null;
  }

  /** A builder that starts from this build. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.number = number;
    b.inputs = inputs;
    b.podName = podName;
    b.attempt = attempt;
    b.reason = reason;
    b.trigger = trigger;
    b.outcome = outcome;
    b.queueTime = queueTime;
    b.nextAttemptTime = nextAttemptTime;
    b.startTime = startTime;
    b.completionTime = completionTime;
    b.duration = duration;
    b.cache = cache;
    b.stages = stages;
    b.sandbox = sandbox;
    b.traceId = traceId;
    return b;
  }

  /** Collects the fields of a build. Not thread-safe. */
  public static final class Builder {
    private @Nullable Long number;
    private @Nullable String inputs;
    private @Nullable String podName;
    private @Nullable Integer attempt;
    private @Nullable String reason;
    private @Nullable String trigger;
    private @Nullable Outcome outcome;
    private @Nullable String queueTime;
    private @Nullable String nextAttemptTime;
    private @Nullable String startTime;
    private @Nullable String completionTime;
    private @Nullable String duration;
    private @Nullable CacheStatus cache;
    private List<StageStatus> stages = List.of();
    private @Nullable String sandbox;
    private @Nullable String traceId;

    public Builder number(@Nullable Long value) {
      number = value;
      return this;
    }

    public Builder inputs(@Nullable String value) {
      inputs = value;
      return this;
    }

    public Builder podName(@Nullable String value) {
      podName = value;
      return this;
    }

    public Builder attempt(@Nullable Integer value) {
      attempt = value;
      return this;
    }

    public Builder reason(@Nullable String value) {
      reason = value;
      return this;
    }

    public Builder trigger(@Nullable String value) {
      trigger = value;
      return this;
    }

    public Builder outcome(@Nullable Outcome value) {
      outcome = value;
      return this;
    }

    public Builder queueTime(@Nullable String value) {
      queueTime = value;
      return this;
    }

    public Builder nextAttemptTime(@Nullable String value) {
      nextAttemptTime = value;
      return this;
    }

    public Builder startTime(@Nullable String value) {
      startTime = value;
      return this;
    }

    public Builder completionTime(@Nullable String value) {
      completionTime = value;
      return this;
    }

    public Builder duration(@Nullable String value) {
      duration = value;
      return this;
    }

    public Builder cache(@Nullable CacheStatus value) {
      cache = value;
      return this;
    }

    public Builder stages(List<StageStatus> value) {
      stages = value;
      return this;
    }

    public Builder sandbox(@Nullable String value) {
      sandbox = value;
      return this;
    }

    public Builder traceId(@Nullable String value) {
      traceId = value;
      return this;
    }

    public BuildStatus build() {
      return new BuildStatus(
          number,
          inputs,
          podName,
          attempt,
          reason,
          trigger,
          outcome,
          queueTime,
          nextAttemptTime,
          startTime,
          completionTime,
          duration,
          cache,
          stages,
          sandbox,
          traceId);
    }
  }
}
