package dev.slipway.operator.imagebuild;

import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.Follow;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Reasons;
import dev.slipway.operator.source.GitQuery;
import dev.slipway.operator.source.RefWatcher.Sighting;
import java.util.Optional;

/** The condition {@code Following}: whether the ref can be looked at, where it should be. */
final class Following {
  private static final String TYPE = "Following";

  private Following() {}

  static Optional<Condition> condition(Observation seen, ImageBuildStatus before) {
    Follow follow = seen.build().getSpec().follow();
    if (follow == null) {
      return Optional.empty();
    }
    Optional<Condition> old = before.condition(TYPE);
    GitQuery query =
        GitQuery.of(
            seen.build().getMetadata().getNamespace(), seen.build().getSpec().source().git());
    if (query.pinned().isPresent()) {
      return Optional.of(
          condition(
              seen,
              old,
              ConditionStatus.FALSE,
              "RefIsCommit",
              "source.git.ref is a commit, which never moves; name a branch or a tag"));
    }
    return Optional.of(
        switch (seen.sighting()) {
          // After a restart nothing has been seen yet; what was said before still holds.
          case Sighting.Nothing _ when old.isPresent() -> old.get();
          case Sighting.Nothing _ -> well(seen, old, follow);
          case Sighting.Seen _ -> well(seen, old, follow);
          case Sighting.Blind blind ->
              condition(seen, old, ConditionStatus.FALSE, blind.reason(), blind.message());
        });
  }

  private static Condition well(Observation seen, Optional<Condition> old, Follow follow) {
    return condition(
        seen,
        old,
        ConditionStatus.TRUE,
        Reasons.FOLLOWING,
        "asks for the commit of "
            + Texts.ref(seen.build().getSpec().source().git())
            + " every "
            + follow.interval());
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
