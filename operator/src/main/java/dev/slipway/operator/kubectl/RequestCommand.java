package dev.slipway.operator.kubectl;

import io.fabric8.kubernetes.client.KubernetesClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A command that asks for a build, and then follows it. */
abstract class RequestCommand extends OnCluster {
  @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
  String name = "";

  @Option(
      names = {"-d", "--detach"},
      description = "Ask, and do not wait for the build.")
  boolean detach;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = Format.HELP + " Implies --detach.")
  @Nullable Format output;

  /** Prints that it was asked for, and waits for its end unless told not to. */
  int follow(KubernetesClient client, String in, String value, String said) {
    if (output != null) {
      output.print(require(client, in, name), out());
      return 0;
    }
    out().println("imagebuild.slipway.dev/" + name + " " + said);
    return detach ? 0 : new Follower(client, in, name, Screen.of(out())).follow(value);
  }
}
