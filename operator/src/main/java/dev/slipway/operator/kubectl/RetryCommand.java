package dev.slipway.operator.kubectl;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.Outcome;
import io.fabric8.kubernetes.client.KubernetesClient;
import picocli.CommandLine.Command;

/** {@code kubectl slipway retry}. */
@Command(
    name = "retry",
    description = "Builds again what failed or was cancelled, and follows it.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RetryCommand extends RequestCommand {
  @Override
  int run(KubernetesClient client, String in) {
    BuildStatus build = Texts.status(one.require(client, in)).build();
    if (build == null || build.outcome() == null) {
      throw new IllegalArgumentException(
          "no build of "
              + one.name
              + " has ended, so there is none to retry; see kubectl slipway describe "
              + one.name);
    }
    if (build.outcome() == Outcome.SUCCEEDED) {
      throw new IllegalArgumentException(
          "build "
              + build.number()
              + " of "
              + one.name
              + " succeeded; to build it again all the same: kubectl slipway build "
              + one.name);
    }
    return follow(
        client,
        in,
        annotate(client, in, one.name, ImageBuild.REQUESTED_AT),
        "requested again after build " + build.number());
  }
}
