package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuildStatus;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A build that has ended, once it is written down.
 *
 * @param entry its outline, which the history has of each
 * @param own all there is to say of it, which the status has of the newest
 */
record EndedBuild(HistoryEntry entry, Optional<BuildStatus> own) {

  /** Those that the later status knows to have ended and the earlier one did not. */
  static List<EndedBuild> between(ImageBuildStatus before, ImageBuildStatus after) {
    Set<Long> known =
        before.history().stream()
            .filter(h -> h.outcome() != null)
            .map(HistoryEntry::number)
            .collect(Collectors.toSet());
    Optional<BuildStatus> newest = Optional.ofNullable(after.build());
    return after.history().stream()
        .filter(h -> h.outcome() != null && !known.contains(h.number()))
        .map(h -> new EndedBuild(h, newest.filter(b -> h.number().equals(b.number()))))
        .toList();
  }

  BuildStatus build() {
    return own.orElseGet(() ->
        new BuildStatus.Builder()
            .number(entry.number())
            .outcome(entry.outcome())
            .duration(entry.duration())
            .build());
  }

  String reason() {
    return Objects.requireNonNullElse(entry.reason(), "");
  }
}
