package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuildStatus;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** A build that has ended, once it is written down. */
record EndedBuild(BuildStatus build, String reason) {

  /** Those that the later status knows to have ended and the earlier one did not. */
  static List<EndedBuild> between(ImageBuildStatus before, ImageBuildStatus after) {
    Set<Long> known =
        before.history().stream()
            .filter(h -> h.outcome() != null)
            .map(HistoryEntry::number)
            .collect(Collectors.toSet());
    return after.history().stream()
        .filter(h -> h.outcome() != null && !known.contains(h.number()))
        .map(h -> new EndedBuild(described(h, after), Objects.requireNonNullElse(h.reason(), "")))
        .toList();
  }

  /** The history has an outline of each; the status has all there is to say of the newest. */
  private static BuildStatus described(HistoryEntry entry, ImageBuildStatus status) {
    BuildStatus newest = status.build();
    return newest != null && entry.number().equals(newest.number())
        ? newest
        : new BuildStatus.Builder()
            .number(entry.number())
            .outcome(entry.outcome())
            .duration(entry.duration())
            .build();
  }
}
