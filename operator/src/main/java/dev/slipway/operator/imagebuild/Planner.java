package dev.slipway.operator.imagebuild;

/**
 * Decides what should be done about an ImageBuild: a pure function of what is observed and of the
 * policy. It keeps nothing; whatever it must remember is in the status and on the pods.
 */
final class Planner {
  private final Policy policy;

  Planner(Policy policy) {
    this.policy = policy;
  }

  Plan plan(Observation observation) {
    return new Decision(observation, policy).make();
  }
}
