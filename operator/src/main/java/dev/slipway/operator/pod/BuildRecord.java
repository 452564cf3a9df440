package dev.slipway.operator.pod;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The decision to build. Every builder pod carries it as an annotation, so that a status write that
 * was lost can be made up for from the pod alone.
 *
 * @param number counts the builds of the ImageBuild from 1
 * @param attempt which try of this build, from 1
 * @param reason why it is built: {@code SpecChanged}, {@code NewCommit}, ...
 * @param trigger what changed, for people
 * @param commit full SHA the build is pinned to; null where the builder itself resolves the ref
 * @param requestedAt value of the annotation that asked for it, if one did
 * @param queueTime when it was decided (RFC 3339)
 * @param generation generation of the spec it was decided on
 * @param inputs the build inputs of the spec, flattened
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record BuildRecord(
    long number,
    int attempt,
    String reason,
    String trigger,
    @Nullable String commit,
    @Nullable String requestedAt,
    String queueTime,
    long generation,
    Map<String, String> inputs) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Name of the annotation. */
  public static final String ANNOTATION = "slipway.dev/build";

  /** By build, and its attempts one after the other. */
  public static final Comparator<BuildRecord> OLDEST_FIRST =
      Comparator.comparingLong(BuildRecord::number).thenComparingInt(BuildRecord::attempt);

  @SuppressWarnings("NullAway") // Jackson passes null for what is absent.
  public BuildRecord {
    inputs = inputs == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(inputs));
  }

  /** What a builder pod says of itself; empty if it says nothing readable. */
  public static Optional<BuildRecord> of(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    String text = annotations == null ? null : annotations.get(ANNOTATION);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(text, BuildRecord.class));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a build record that cannot be written: " + this, e);
    }
  }
}
