package dev.slipway.builder.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.failure.BuildException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The result document, as docs/architecture.md defines it: what a build made, or why it failed.
 *
 * @param size bytes of the manifest, the config and all layers, compressed
 * @param sandbox the isolation tier that RUN steps had; absent where none ran
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record BuildResult(
    int version,
    Outcome outcome,
    @Nullable String image,
    @Nullable String digest,
    List<String> tags,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) long size,
    List<String> platforms,
    @Nullable Source source,
    List<BaseImage> baseImages,
    @Nullable Cache cache,
    List<Stage> stages,
    @Nullable String sandbox,
    @Nullable Failure failure) {

  /** What Kubernetes keeps of a termination message is 4,096 bytes; we stay clear of it. */
  public static final int LIMIT = 4000;

  /** How a build ended. */
  public enum Outcome {
    Succeeded,
    Failed
  }

  /** The commit that was built. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Source(
      @Nullable String commit,
      @Nullable String author,
      @Nullable String message,
      @Nullable String time) {}

  /** A base image, and the digest that its reference had. */
  public record BaseImage(String ref, String digest) {}

  /**
   * How many steps were taken from the cache, and how many had to run.
   *
   * @param missed the first of each stage that had to, others follow from it
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Cache(
      @JsonInclude(JsonInclude.Include.ALWAYS) int hits,
      @JsonInclude(JsonInclude.Include.ALWAYS) int misses,
      List<Missed> missed) {

    Cache shorter() {
      return new Cache(
          hits,
          misses,
          half(missed, 0).stream()
              .map(one ->
                  new Missed(
                      String.valueOf(cut(one.step(), 80)), String.valueOf(cut(one.because(), 80))))
              .toList());
    }
  }

  /** A step that was not cached, and why. */
  public record Missed(String step, String because) {}

  /** A stage that ran. */
  public record Stage(String name, double seconds, int steps, int cached) {}

  /** Why a build failed. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Failure(
      String reason,
      String message,
      @Nullable String stage,
      @Nullable String instruction,
      @Nullable String file,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int line,
      @Nullable Integer exitCode,
      @JsonInclude(JsonInclude.Include.ALWAYS) boolean retryable,
      List<String> logTail) {

    public static Failure of(
        BuildException failure,
        Optional<String> stage,
        Optional<String> instruction,
        @Nullable Integer exitCode,
        List<String> logTail) {
      String message = failure.getMessage();
      return new Failure(
          failure.code().reason(),
          message == null ? failure.code().reason() : message,
          stage.orElse(null),
          instruction.orElse(null),
          failure.location().map(place -> place.file()).orElse(null),
          failure.location().map(place -> place.line()).orElse(0),
          exitCode,
          failure.retryable(),
          logTail);
    }
  }

  /** The same, of a build that came to its end and must not count. */
  public BuildResult failed(BuildException cause) {
    return new BuildResult(
        version,
        Outcome.Failed,
        image,
        digest,
        tags,
        size,
        platforms,
        source,
        baseImages,
        cache,
        stages,
        sandbox,
        Failure.of(cause, Optional.empty(), Optional.empty(), null, List.of()));
  }

  /** Made when a result is written: most builds write none, and it takes a tenth of a second. */
  private static final class Mapper {
    static final ObjectMapper JSON = new ObjectMapper();
  }

  /** The whole document. */
  public JsonNode toTree() {
    return Mapper.JSON.valueToTree(this);
  }

  /** The whole document on one line. */
  public String toJson() {
    try {
      return Mapper.JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the result document could not be written", e);
    }
  }

  /**
   * The document on one line of at most {@link #LIMIT} bytes. What is long is shortened in this
   * order: the log tail from its front, the commit message, stages, base images, texts.
   */
  public String toTerminationMessage() {
    BuildResult shorter = this;
    for (int round = 0; ; round++) {
      String json = shorter.toJson();
      if (json.getBytes(StandardCharsets.UTF_8).length <= LIMIT) {
        return json;
      }
      shorter = shorter.shortened(round);
    }
  }

  private BuildResult shortened(int round) {
    if (failure != null && !failure.logTail().isEmpty()) {
      List<String> tail = failure.logTail();
      // One huge line is worth its end; of many lines the first ones matter least.
      List<String> less =
          tail.size() > 1
              ? tail.subList(1, tail.size())
              : tail.getFirst().length() > 400
                  ? List.of("…" + end(tail.getFirst(), tail.getFirst().length() / 2))
                  : List.of();
      return withFailure(
          new Failure(
              failure.reason(),
              failure.message(),
              failure.stage(),
              failure.instruction(),
              failure.file(),
              failure.line(),
              failure.exitCode(),
              failure.retryable(),
              less));
    }
    int room = Math.max(40, 800 >> Math.min(round / 4, 5));
    Source less =
        source == null
            ? null
            : new Source(
                source.commit(),
                cut(source.author(), room),
                cut(source.message(), room),
                source.time());
    Failure why =
        failure == null
            ? null
            : new Failure(
                failure.reason(),
                String.valueOf(cut(failure.message(), room)),
                cut(failure.stage(), room),
                cut(failure.instruction(), room),
                cut(failure.file(), room),
                failure.line(),
                failure.exitCode(),
                failure.retryable(),
                List.of());
    return new BuildResult(
        version,
        outcome,
        image,
        digest,
        half(tags, 1),
        size,
        platforms,
        less,
        half(baseImages, 0),
        cache == null ? null : cache.shorter(),
        half(stages, 0),
        sandbox,
        why);
  }

  private BuildResult withFailure(Failure value) {
    return new BuildResult(
        version,
        outcome,
        image,
        digest,
        tags,
        size,
        platforms,
        source,
        baseImages,
        cache,
        stages,
        sandbox,
        value);
  }

  private static <T> List<T> half(List<T> list, int atLeast) {
    return list.subList(0, Math.max(Math.min(atLeast, list.size()), list.size() * 3 / 4));
  }

  private static @Nullable String cut(@Nullable String text, int length) {
    return text == null || text.length() <= length ? text : text.substring(0, length) + "…";
  }

  private static String end(String text, int length) {
    return text.substring(text.length() - length);
  }
}
