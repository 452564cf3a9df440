package dev.slipway.operator.kubectl;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kubectl slipway cancel}. */
@Command(
    name = "cancel",
    description = "Stops the build that waits or runs.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CancelCommand extends OnCluster {
  @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
  String name = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = Format.HELP)
  @Nullable Format output;

  @Override
  int run(KubernetesClient client, String in) {
    BuildStatus build = Texts.status(require(client, in, name)).build();
    if (build == null || !build.active()) {
      throw new IllegalArgumentException(
          "no build of "
              + name
              + " is going on; to hold back the next ones set spec.suspend to true");
    }
    annotate(client, in, name, ImageBuild.CANCEL_REQUESTED_AT);
    if (output != null) {
      output.print(require(client, in, name), out());
    } else {
      out().println("imagebuild.slipway.dev/" + name + " build " + build.number() + " cancelled");
    }
    return 0;
  }
}
