package dev.slipway.operator.kubectl;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** NAME and {@code -o} of the commands that are about one ImageBuild. */
final class OneBuild {
  @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
  String name = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = Format.HELP)
  @Nullable Format output;

  ImageBuild require(KubernetesClient client, String in) {
    return OnCluster.require(client, in, name);
  }

  /** Prints it as {@code -o} says; false where that says nothing. */
  boolean printed(KubernetesClient client, String in, PrintWriter out) {
    if (output == null) {
      return false;
    }
    output.print(require(client, in), out);
    return true;
  }
}
