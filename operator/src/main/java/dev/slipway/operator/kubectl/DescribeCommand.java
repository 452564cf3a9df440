package dev.slipway.operator.kubectl;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kubectl slipway describe}. */
@Command(
    name = "describe",
    description = "Says why it was built, how that went, and what failed.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DescribeCommand extends OnCluster {
  @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
  String name = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = Format.HELP)
  @Nullable Format output;

  @Override
  int run(KubernetesClient client, String in) {
    ImageBuild build = require(client, in, name);
    if (output != null) {
      output.print(build, out());
    } else {
      new Description(build).print(out());
    }
    return 0;
  }
}
