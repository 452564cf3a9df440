package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.Outcome;
import dev.slipway.api.Reasons;
import dev.slipway.operator.source.RefWatcher.Sighting;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * That a build is wanted, and why.
 *
 * @param reason {@code SpecChanged}, {@code NewCommit}, {@code BaseImageChanged} or {@code
 *     Requested}
 * @param trigger what changed, from what to what
 * @param commit the commit it is about, where that is known already
 * @param refOnly whether nothing but the name of the ref differs, so that the same commit is the
 *     same image
 */
record Wish(String reason, String trigger, @Nullable String commit, boolean refOnly) {

  /** What is wanted beyond the build that ended last; empty where nothing is. */
  static Optional<Wish> of(
      Observation seen,
      Map<String, String> inputs,
      BuildStatus last,
      Map<String, String> observed,
      @Nullable String lastCommit,
      @Nullable String handledRequest) {
    if (last.number() == null) {
      return Optional.of(new Wish(Reasons.SPEC_CHANGED, "first build", null, false));
    }
    String asked = seen.annotation(ImageBuild.REQUESTED_AT);
    boolean requested = asked != null && !asked.equals(handledRequest);
    Set<String> changed = Inputs.changed(observed, inputs);
    if (!changed.isEmpty()) {
      return Optional.of(
          new Wish(
              Reasons.SPEC_CHANGED,
              Inputs.describe(changed, observed, inputs),
              null,
              changed.equals(Set.of("source.git.ref")) && !requested));
    }
    if (requested) {
      return Optional.of(new Wish(Reasons.REQUESTED, "asked for at " + asked, null, false));
    }
    Set<String> circumstances = Inputs.circumstances(observed, inputs);
    if (last.outcome() == Outcome.FAILED && !circumstances.isEmpty()) {
      return Optional.of(
          new Wish(
              Reasons.SPEC_CHANGED,
              "after a failure, " + Inputs.describe(circumstances, observed, inputs),
              null,
              false));
    }
    return newCommit(seen, last, lastCommit).or(() -> newBase(seen, last, observed, lastCommit));
  }

  private static Optional<Wish> newBase(
      Observation seen,
      BuildStatus last,
      Map<String, String> observed,
      @Nullable String lastCommit) {
    ImageBuildSpec spec = seen.build().getSpec();
    if (spec.follow() == null || !spec.follow().baseImages()) {
      return Optional.empty();
    }
    Map<String, String> known = Bases.known(observed, seen.status().baseImages());
    Instant since = Bases.since(last, seen.now());
    return Bases.describe(known, Bases.seen(known, seen.bases(), since))
        .map(changes -> new Wish(Reasons.BASE_IMAGE_CHANGED, changes, lastCommit, false));
  }

  private static Optional<Wish> newCommit(
      Observation seen, BuildStatus last, @Nullable String lastCommit) {
    ImageBuildSpec spec = seen.build().getSpec();
    if (spec.follow() == null
        || lastCommit == null
        || !(seen.sighting() instanceof Sighting.Seen ref)
        || ref.commit().equals(lastCommit)) {
      return Optional.empty();
    }
    // What was seen before the last decision is older than what that decision knew. Times in the
    // status are cut to the second.
    Duration age = Duration.between(Texts.queued(last, seen.now()), ref.asked());
    if (age.toMillis() < 1000) {
      return Optional.empty();
    }
    return Optional.of(
        new Wish(
            Reasons.NEW_COMMIT,
            (spec.git() == null || spec.git().ref() == null ? "HEAD" : spec.git().ref())
                + ": "
                + Texts.shortened(lastCommit)
                + " -> "
                + Texts.shortened(ref.commit()),
            ref.commit(),
            false));
  }
}
