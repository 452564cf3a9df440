package dev.slipway.operator.kubectl;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.KubernetesClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code kubectl slipway cancel}. */
@Command(
    name = "cancel",
    description = "Stops the build that waits or runs.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CancelCommand extends OnCluster {
  @Mixin OneBuild one = new OneBuild();

  @Override
  int run(KubernetesClient client, String in) {
    BuildStatus build = Texts.status(one.require(client, in)).build();
    if (build == null || !build.active()) {
      throw new IllegalArgumentException(
          "no build of "
              + one.name
              + " is going on; to hold back the next ones set spec.suspend to true");
    }
    annotate(client, in, one.name, ImageBuild.CANCEL_REQUESTED_AT);
    if (!one.printed(client, in, out())) {
      out()
          .println(
              "imagebuild.slipway.dev/" + one.name + " build " + build.number() + " cancelled");
    }
    return 0;
  }
}
