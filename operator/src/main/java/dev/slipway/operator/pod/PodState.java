package dev.slipway.operator.pod;

import dev.slipway.api.Failure;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a builder pod comes down to. */
public sealed interface PodState {

  /**
   * Not running yet.
   *
   * @param since when the pod was created
   * @param trouble what keeps it from starting, if something does
   */
  record Starting(Instant since, Optional<Trouble> trouble) implements PodState {}

  /**
   * The builder runs.
   *
   * @param since when it started
   * @param ready whether it goes on, as far as the node can tell
   * @param waits what outside of the pod it waits for, if it says so
   */
  record Running(Instant since, boolean ready, Optional<Trouble> waits) implements PodState {}

  /**
   * Asked to stop, and possibly still alive: nothing may take its place yet.
   *
   * @param nodeLost whether its node stopped answering
   */
  record Stopping(boolean nodeLost) implements PodState {}

  /** It pushed the image. */
  record Succeeded(BuildResult result, @Nullable Instant started, Instant ended)
      implements PodState {}

  /**
   * It failed.
   *
   * @param retryable whether the cause is the infrastructure, so that another try may succeed
   * @param result the result document, if there is one
   */
  record Failed(
      Failure failure,
      boolean retryable,
      Optional<BuildResult> result,
      @Nullable Instant started,
      Instant ended)
      implements PodState {}

  /** A named reason why something does not go on, and what to do about it. */
  record Trouble(String reason, String message) {}

  /** Whether the pod can do no more work. */
  default boolean over() {
    return this instanceof Succeeded || this instanceof Failed;
  }
}
