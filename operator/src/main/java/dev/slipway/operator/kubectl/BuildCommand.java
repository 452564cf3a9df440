package dev.slipway.operator.kubectl;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.KubernetesClient;
import picocli.CommandLine.Command;

/** {@code kubectl slipway build}. */
@Command(
    name = "build",
    description = {
      "Asks for a build now, whatever has changed, and follows it.",
      "The exit code is 0 if it succeeded and 1 if it did not. To stop following stops no build."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BuildCommand extends RequestCommand {
  @Override
  int run(KubernetesClient client, String in) {
    return follow(client, in, annotate(client, in, one.name, ImageBuild.REQUESTED_AT), "requested");
  }
}
