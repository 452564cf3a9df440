package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What became of the wish. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ImageBuildStatus(
    @JsonPropertyDescription(
            "The generation of the spec that this status speaks of; -1 before Slipway has looked at it.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("Ready, Reconciling and Stalled, as kstatus has them.")
        List<Condition> conditions,
    @JsonPropertyDescription("Where the ImageBuild is, in one word.") @Nullable Phase phase,
    @JsonPropertyDescription("Why it is there, in one CamelCase word.") @Nullable String reason,
    @JsonPropertyDescription(
            "The last good image, as repository@sha256:digest. Kept through failures.")
        @Nullable String image,
    @JsonPropertyDescription("Digest of the last good image.") @Nullable String digest,
    @JsonPropertyDescription("First twelve hex digits of the digest.") @Nullable String shortDigest,
    @JsonPropertyDescription("References that were pushed with the last good image.")
        List<String> tags,
    @JsonPropertyDescription("Size of the last good image in the registry, in bytes.")
        @Nullable Long size,
    @JsonPropertyDescription("Platforms of the last good image.") List<String> platforms,
    @JsonPropertyDescription("Base images of the last good image, by digest.")
        List<BaseImage> baseImages,
    @JsonPropertyDescription("The commit of the latest build.") @Nullable SourceStatus source,
    @JsonPropertyDescription(
            "Place in the queue, from 1; absent while it does not wait. It is brought up to date as it halves.")
        @Nullable Integer queuePosition,
    @JsonPropertyDescription("The latest build.") @Nullable BuildStatus build,
    @JsonPropertyDescription("Why the latest build failed; absent while it has not.")
        @Nullable Failure failure,
    @JsonPropertyDescription("The builds that ended, newest first.") List<HistoryEntry> history,
    @JsonPropertyDescription(
            "What the latest build was decided on: the build inputs of the spec, flattened. A difference to the spec is what starts a build.")
        Map<String, String> observedInputs,
    @JsonPropertyDescription(
            "The value of the annotation slipway.dev/requested-at that was last acted on.")
        @Nullable String lastHandledRequestedAt,
    @JsonPropertyDescription(
            "The value of the annotation slipway.dev/cancel-requested-at that was last acted on.")
        @Nullable String lastHandledCancelRequestedAt) {

  /** A status that says nothing yet. */
  public static final ImageBuildStatus EMPTY = new Builder().build();

  /** Absent means empty. */
  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public ImageBuildStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    tags = tags == null ? List.of() : List.copyOf(tags);
    platforms = platforms == null ? List.of() : List.copyOf(platforms);
    baseImages = baseImages == null ? List.of() : List.copyOf(baseImages);
    history = history == null ? List.of() : List.copyOf(history);
    observedInputs =
        observedInputs == null
            ? Map.of()
            : Collections.unmodifiableMap(new TreeMap<>(observedInputs));
  }

  /** Whether nobody has looked at the ImageBuild yet, or somebody has wiped this. */
  public boolean saysNothing() {
    return conditions.isEmpty();
  }

  /** The condition of this type, if the status has one. */
  public Optional<Condition> condition(String type) {
    return conditions.stream().filter(c -> c.type().equals(type)).findFirst();
  }

  /** A builder that starts from this status. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.observedGeneration = observedGeneration;
    b.conditions = conditions;
    b.phase = phase;
    b.reason = reason;
    b.image = image;
    b.digest = digest;
    b.shortDigest = shortDigest;
    b.tags = tags;
    b.size = size;
    b.platforms = platforms;
    b.baseImages = baseImages;
    b.source = source;
    b.build = build;
    b.failure = failure;
    b.history = history;
    b.queuePosition = queuePosition;
    b.observedInputs = observedInputs;
    b.lastHandledRequestedAt = lastHandledRequestedAt;
    b.lastHandledCancelRequestedAt = lastHandledCancelRequestedAt;
    return b;
  }

  /** Collects the fields of a status. Not thread-safe. */
  public static final class Builder {
    private @Nullable Long observedGeneration;
    private List<Condition> conditions = List.of();
    private @Nullable Phase phase;
    private @Nullable String reason;
    private @Nullable String image;
    private @Nullable String digest;
    private @Nullable String shortDigest;
    private List<String> tags = List.of();
    private @Nullable Long size;
    private List<String> platforms = List.of();
    private List<BaseImage> baseImages = List.of();
    private @Nullable SourceStatus source;
    private @Nullable BuildStatus build;
    private @Nullable Failure failure;
    private @Nullable Integer queuePosition;
    private List<HistoryEntry> history = List.of();
    private Map<String, String> observedInputs = Map.of();
    private @Nullable String lastHandledRequestedAt;
    private @Nullable String lastHandledCancelRequestedAt;

    public Builder observedGeneration(@Nullable Long value) {
      observedGeneration = value;
      return this;
    }

    public Builder conditions(List<Condition> value) {
      conditions = value;
      return this;
    }

    public Builder phase(@Nullable Phase value) {
      phase = value;
      return this;
    }

    public Builder reason(@Nullable String value) {
      reason = value;
      return this;
    }

    public Builder image(@Nullable String value) {
      image = value;
      return this;
    }

    public Builder digest(@Nullable String value) {
      digest = value;
      return this;
    }

    public Builder shortDigest(@Nullable String value) {
      shortDigest = value;
      return this;
    }

    public Builder tags(List<String> value) {
      tags = value;
      return this;
    }

    public Builder size(@Nullable Long value) {
      size = value;
      return this;
    }

    public Builder platforms(List<String> value) {
      platforms = value;
      return this;
    }

    public Builder baseImages(List<BaseImage> value) {
      baseImages = value;
      return this;
    }

    public Builder source(@Nullable SourceStatus value) {
      source = value;
      return this;
    }

    public Builder build(@Nullable BuildStatus value) {
      build = value;
      return this;
    }

    public Builder failure(@Nullable Failure value) {
      failure = value;
      return this;
    }

    public Builder history(List<HistoryEntry> value) {
      history = value;
      return this;
    }

    public Builder observedInputs(Map<String, String> value) {
      observedInputs = value;
      return this;
    }

    public Builder lastHandledRequestedAt(@Nullable String value) {
      lastHandledRequestedAt = value;
      return this;
    }

    public Builder lastHandledCancelRequestedAt(@Nullable String value) {
      lastHandledCancelRequestedAt = value;
      return this;
    }

    public Builder queuePosition(@Nullable Integer value) {
      queuePosition = value;
      return this;
    }

    public ImageBuildStatus build() {
      return new ImageBuildStatus(
          observedGeneration,
          conditions,
          phase,
          reason,
          image,
          digest,
          shortDigest,
          tags,
          size,
          platforms,
          baseImages,
          source,
          queuePosition,
          build,
          failure,
          history,
          observedInputs,
          lastHandledRequestedAt,
          lastHandledCancelRequestedAt);
    }
  }
}
