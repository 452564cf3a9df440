package dev.slipway.operator.kubectl;

import io.fabric8.kubernetes.client.KubernetesClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code kubectl slipway describe}. */
@Command(
    name = "describe",
    description = "Says why it was built, how that went, and what failed.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DescribeCommand extends OnCluster {
  @Mixin OneBuild one = new OneBuild();

  @Override
  int run(KubernetesClient client, String in) {
    if (!one.printed(client, in, out())) {
      new Description(one.require(client, in)).print(out());
    }
    return 0;
  }
}
