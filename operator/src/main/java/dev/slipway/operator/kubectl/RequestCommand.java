package dev.slipway.operator.kubectl;

import io.fabric8.kubernetes.client.KubernetesClient;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that asks for a build, and then follows it. */
abstract class RequestCommand extends OnCluster {
  @Mixin OneBuild one = new OneBuild();

  @Option(
      names = {"-d", "--detach"},
      description = "Ask, and do not wait for the build; so does -o.")
  boolean detach;

  /** Prints that it was asked for, and waits for its end unless told not to. */
  int follow(KubernetesClient client, String in, String value, String said) {
    if (one.printed(client, in, out())) {
      return 0;
    }
    out().println("imagebuild.slipway.dev/" + one.name + " " + said);
    return detach ? 0 : new Follower(client, in, one.name, Screen.of(out())).follow(value);
  }
}
