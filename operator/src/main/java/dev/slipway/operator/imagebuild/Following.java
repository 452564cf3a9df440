package dev.slipway.operator.imagebuild;

import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.Follow;
import dev.slipway.api.GitSource;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Reasons;
import dev.slipway.operator.base.BaseSighting;
import dev.slipway.operator.source.GitQuery;
import dev.slipway.operator.source.RefWatcher.Sighting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The condition {@code Following}: whether the ref, and the base images, can be looked at, where
 * they should be.
 */
final class Following {
  private static final String TYPE = "Following";

  private Following() {}

  static Optional<Condition> condition(Observation seen, ImageBuildStatus before) {
    Follow follow = seen.build().getSpec().follow();
    if (follow == null) {
      return Optional.empty();
    }
    Optional<Condition> old = before.condition(TYPE);
    GitQuery query = GitQuery.of(seen.build().getMetadata().getNamespace(), seen.spec().git());
    GitSource git = seen.spec().git();
    boolean pinned = git == null || query.pinned().isPresent();
    if (pinned && !follow.baseImages()) {
      return Optional.of(
          condition(
              seen,
              old,
              ConditionStatus.FALSE,
              "RefIsCommit",
              git == null
                  ? "there is no source whose ref could move; follow.baseImages is what is left"
                  : "source.git.ref is a commit, which never moves; name a branch or a tag"));
    }
    if (!pinned && seen.sighting() instanceof Sighting.Blind blind) {
      return Optional.of(
          condition(seen, old, ConditionStatus.FALSE, blind.reason(), blind.message()));
    }
    Optional<BaseSighting.Blind> hidden =
        new TreeMap<>(seen.bases())
            .values().stream()
                .flatMap(
                    s -> s instanceof BaseSighting.Blind blind ? Stream.of(blind) : Stream.empty())
                .findFirst();
    if (hidden.isPresent()) {
      return Optional.of(
          condition(
              seen, old, ConditionStatus.FALSE, hidden.get().reason(), hidden.get().message()));
    }
    boolean nothingYet =
        (pinned || seen.sighting() instanceof Sighting.Nothing) && seen.bases().isEmpty();
    // After a restart nothing has been seen yet; what was said before still holds.
    return nothingYet && old.isPresent()
        ? old
        : Optional.of(well(seen, old, follow, pinned ? null : git));
  }

  private static Condition well(
      Observation seen, Optional<Condition> old, Follow follow, @Nullable GitSource git) {
    List<String> subjects = new ArrayList<>();
    if (git != null) {
      subjects.add("the commit of " + Texts.ref(git));
    }
    if (follow.baseImages()) {
      subjects.add("the digests of its base images");
    }
    return condition(
        seen,
        old,
        ConditionStatus.TRUE,
        Reasons.FOLLOWING,
        "asks for " + String.join(" and ", subjects) + " every " + follow.interval());
  }

  private static Condition condition(
      Observation seen,
      Optional<Condition> old,
      ConditionStatus value,
      String reason,
      String message) {
    return new Condition(
        TYPE,
        value,
        reason,
        message,
        old.filter(c -> c.status() == value)
            .map(Condition::lastTransitionTime)
            .orElse(Texts.time(seen.now())),
        seen.generation());
  }
}
