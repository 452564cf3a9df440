package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;

/** Refuses by name what a tier cannot do, before anything runs. */
final class Requirements {
  private Requirements() {}

  static void check(Command command, Tier tier, Capabilities capabilities) {
    StepScript.check(command);
    Command.User user = command.user();
    if (!capabilities.chownToAny() && !user.equals(Command.User.ROOT)) {
      boolean root = user.uid() == 0 && user.gid() == 0;
      if (!root) {
        throw refused(
            tier,
            "cannot run a step as user %d:%d: only root is mapped"
                .formatted(user.uid(), user.gid()));
      }
    }
    if (command.network() == Command.Network.NONE && !capabilities.networkNone()) {
      throw refused(tier, "has no network namespaces, so --network=none cannot be kept");
    }
    if (command.security() == Command.Security.INSECURE && !capabilities.insecure()) {
      throw refused(tier, "cannot grant --security=insecure");
    }
  }

  private static BuildException refused(Tier tier, String what) {
    return new BuildException(
        ErrorCode.SANDBOX,
        "the sandbox tier \"%s\" %s; run the builder where a stronger tier works"
            .formatted(tier.label(), what));
  }
}
