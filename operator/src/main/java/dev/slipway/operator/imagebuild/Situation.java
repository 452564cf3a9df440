package dev.slipway.operator.imagebuild;

import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Notice;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where an ImageBuild is, in the words of kstatus: {@code Ready} is always there; {@code
 * Reconciling} and {@code Stalled} are there while they are true, and never both.
 *
 * @param phase the one word
 * @param progress which of the three it is
 * @param reason why, as one word
 * @param message why, for people
 */
record Situation(Phase phase, Progress progress, String reason, String message) {
  private static final int LONGEST_MESSAGE = 1024;

  enum Progress {
    /** The wish is fulfilled. */
    READY,
    /** It is being worked on; nobody needs to do anything. */
    RECONCILING,
    /** Somebody has to do something. */
    STALLED,
    /** It is held back by the user's own will. */
    HELD
  }

  static Situation ready(String reason, String message) {
    return new Situation(Phase.SUCCEEDED, Progress.READY, reason, message);
  }

  static Situation working(Phase phase, String reason, String message) {
    return new Situation(phase, Progress.RECONCILING, reason, message);
  }

  static Situation stalled(Phase phase, String reason, String message) {
    return new Situation(phase, Progress.STALLED, reason, message);
  }

  static Situation held(Phase phase, String reason, String message) {
    return new Situation(phase, Progress.HELD, reason, message);
  }

  /** An event that says it. */
  Notice toNotice(String before) {
    return new Notice(progress == Progress.STALLED, reason, before + message);
  }

  /** Writes it into a status; what has not changed keeps its time. */
  void describe(
      ImageBuildStatus.Builder status, ImageBuildStatus before, Observation seen, Instant now) {
    long generation = seen.generation();
    List<Condition> conditions = new ArrayList<>();
    ConditionStatus ready =
        switch (progress) {
          case READY -> ConditionStatus.TRUE;
          case RECONCILING -> ConditionStatus.UNKNOWN;
          case STALLED, HELD -> ConditionStatus.FALSE;
        };
    conditions.add(condition("Ready", ready, before, generation, now));
    switch (progress) {
      case RECONCILING ->
          conditions.add(condition("Reconciling", ConditionStatus.TRUE, before, generation, now));
      case STALLED ->
          conditions.add(condition("Stalled", ConditionStatus.TRUE, before, generation, now));
      case READY, HELD -> {}
    }
    Following.condition(seen, before).ifPresent(conditions::add);
    status.phase(phase).reason(reason).conditions(conditions).observedGeneration(generation);
  }

  private Condition condition(
      String type, ConditionStatus value, ImageBuildStatus before, long generation, Instant now) {
    Optional<Condition> old = before.condition(type).filter(c -> c.status() == value);
    String text =
        message.length() <= LONGEST_MESSAGE
            ? message
            : message.substring(0, LONGEST_MESSAGE - 1) + "…";
    return new Condition(
        type,
        value,
        reason,
        text,
        old.map(Condition::lastTransitionTime)
            .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString()),
        generation);
  }
}
