package dev.slipway.operator.kubectl;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all commands share: which cluster, which namespace, and how errors are told. */
abstract class OnCluster implements Callable<Integer> {
  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "Namespace; that of the kubeconfig if absent.")
  @Nullable String namespace;

  @Option(
      names = "--context",
      paramLabel = "CONTEXT",
      description = "Context of the kubeconfig; its current one if absent.")
  @Nullable String context;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The kubeconfig; $KUBECONFIG or ~/.kube/config if absent.")
  @Nullable Path kubeconfig;

  @Spec @Nullable CommandSpec spec;

  /** Does it; the result is the exit code. */
  abstract int run(KubernetesClient client, String namespace);

  @Override
  public Integer call() {
    Config config = config();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      String chosen =
          namespace != null
              ? namespace
              : Objects.requireNonNullElse(client.getNamespace(), "default");
      int result = run(client, chosen);
      out().flush();
      return result;
    }
  }

  Config config() {
    Config config;
    if (kubeconfig != null) {
      if (!Files.isReadable(kubeconfig)) {
        throw usage("there is no file " + kubeconfig + " that can be read");
      }
      config = Config.fromKubeconfig(context, kubeconfig.toFile());
    } else {
      config = Config.autoConfigure(context);
    }
    boolean known =
        context == null || config.getContexts().stream().anyMatch(c -> c.getName().equals(context));
    if (!known) {
      throw usage("the kubeconfig has no context " + context);
    }
    return config;
  }

  PrintWriter out() {
    return Objects.requireNonNull(spec).commandLine().getOut();
  }

  /** For people: what must not end up in a pipe. */
  PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }

  ParameterException usage(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  static Resource<ImageBuild> resource(KubernetesClient client, String in, String name) {
    return client.resources(ImageBuild.class).inNamespace(in).withName(name);
  }

  static ImageBuild require(KubernetesClient client, String in, String name) {
    ImageBuild build = resource(client, in, name).get();
    if (build == null) {
      throw new IllegalArgumentException(
          "there is no ImageBuild " + name + " in namespace " + in + "; see kubectl slipway list");
    }
    return build;
  }

  /**
   * Requests are annotations, so that nothing of the spec is ever ours. A patch, because it cannot
   * conflict with what the operator writes meanwhile.
   *
   * @return the value, which comes back in the status once it has been acted on
   */
  static String annotate(KubernetesClient client, String in, String name, String annotation) {
    require(client, in, name);
    String value = Instant.now().toString();
    resource(client, in, name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"%s\":\"%s\"}}}".formatted(annotation, value));
    return value;
  }

  /** An error in one line, for people. */
  static String explain(Throwable error) {
    if (error instanceof KubernetesClientException e) {
      if (e.getStatus() != null && e.getStatus().getMessage() != null) {
        return e.getStatus().getMessage();
      }
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      return "the API server cannot be reached ("
          + Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName())
          + "); check the kubeconfig and --context";
    }
    return Objects.requireNonNullElse(error.getMessage(), error.toString());
  }
}
