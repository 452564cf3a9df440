package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Reasons;
import dev.slipway.operator.imagebuild.Plan.Notice;
import java.util.Objects;
import java.util.Optional;

/** What people are told: an event for each end, and for each new reason to worry. */
final class Announcement {
  private Announcement() {}

  static Optional<Notice> of(
      Situation situation, ImageBuildStatus before, ImageBuildStatus after, long generation) {
    BuildStatus was = Objects.requireNonNullElse(before.build(), BuildStatus.EMPTY);
    BuildStatus is = Objects.requireNonNullElse(after.build(), BuildStatus.EMPTY);
    boolean sameBuild = before.build() != null && Objects.equals(was.number(), is.number());
    if (situation.reason().equals(before.reason())
        && Objects.equals(before.observedGeneration(), generation)
        && sameBuild) {
      return Optional.empty();
    }
    boolean worry =
        switch (situation.phase()) {
          case PENDING, FAILED -> true;
          case BUILDING ->
              situation.reason().equals(Reasons.NODE_LOST)
                  || situation.reason().equals(Reasons.PUSHING_AGAIN);
          case SUCCEEDED, CANCELLED, RESOLVING, QUEUED, SUSPENDED -> false;
        };
    boolean ended = is.outcome() != null && !(sameBuild && was.outcome() != null);
    return worry || ended
        ? Optional.of(new Notice(worry, situation.reason(), situation.message()))
        : Optional.empty();
  }
}
