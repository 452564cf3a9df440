package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Times;
import java.time.Instant;
import java.util.Optional;

/**
 * The time of everything in an image.
 *
 * @param fixed {@code SOURCE_DATE_EPOCH}, or the time of the commit; empty where there is neither
 * @param now when the build began; the time of what it makes where nothing is fixed
 */
public record Epoch(Optional<Instant> fixed, Instant now) {

  /**
   * Reads {@code SOURCE_DATE_EPOCH}.
   *
   * @param text empty for none
   */
  static Optional<Instant> fixed(String text) {
    try {
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(Instant.ofEpochSecond(Long.parseLong(text)));
    } catch (NumberFormatException e) {
      throw new BuildException(
          ErrorCode.USAGE, "SOURCE_DATE_EPOCH=" + text + " is not a number of seconds", e);
    }
  }

  /** What {@code created} says in config and history. */
  public Instant created() {
    return fixed.orElse(now);
  }

  /**
   * The time of a step that changes no file: that of the step before it, so that a build that takes
   * everything from the cache gives the same image again.
   */
  Instant after(StageState state) {
    if (fixed.isPresent() || state.image().history().isEmpty()) {
      return created();
    }
    Instant before = state.image().history().getLast().created();
    return before == null ? created() : before;
  }

  /** The times of files that a step made or changed. */
  Times ofSteps() {
    return fixed.map(time -> Times.clamp(time.getEpochSecond())).orElse(Times.KEEP);
  }

  /** The times of files from the build context, which a checkout does not keep. */
  Times ofContext() {
    return fixed.map(time -> Times.exactly(time.getEpochSecond())).orElse(Times.KEEP);
  }
}
