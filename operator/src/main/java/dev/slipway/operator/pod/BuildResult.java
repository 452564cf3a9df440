package dev.slipway.operator.pod;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.api.BaseImage;
import dev.slipway.api.CacheStatus;
import dev.slipway.api.SourceStatus;
import dev.slipway.api.StageStatus;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The result document that the builder leaves as its termination message; docs/architecture.md has
 * its schema. Fields that a later builder adds are passed over.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BuildResult(
    @Nullable String outcome,
    @Nullable String image,
    @Nullable String digest,
    List<String> tags,
    @Nullable Long size,
    List<String> platforms,
    @Nullable SourceStatus source,
    List<BaseImage> baseImages,
    @Nullable CacheStatus cache,
    List<StageStatus> stages,
    @Nullable String sandbox,
    @Nullable Problem failure) {

  private static final ObjectMapper JSON = new ObjectMapper();

  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public BuildResult {
    tags = tags == null ? List.of() : List.copyOf(tags);
    platforms = platforms == null ? List.of() : List.copyOf(platforms);
    baseImages = baseImages == null ? List.of() : List.copyOf(baseImages);
    stages = stages == null ? List.of() : List.copyOf(stages);
  }

  /** What went wrong, as the builder says it. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Problem(
      @Nullable String reason,
      @Nullable String message,
      @Nullable String stage,
      @Nullable String instruction,
      @Nullable String file,
      @Nullable Integer line,
      @Nullable Integer exitCode,
      boolean retryable,
      List<String> logTail) {

    @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
    public Problem {
      logTail = logTail == null ? List.of() : List.copyOf(logTail);
    }
  }

  /** Reads a termination message; empty if it is not a result document. */
  static Optional<BuildResult> parse(@Nullable String terminationMessage) {
    if (terminationMessage == null || !terminationMessage.stripLeading().startsWith("{")) {
      return Optional.empty();
    }
    try {
      BuildResult result = JSON.readValue(terminationMessage, BuildResult.class);
      return result.outcome() == null ? Optional.empty() : Optional.of(result);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
