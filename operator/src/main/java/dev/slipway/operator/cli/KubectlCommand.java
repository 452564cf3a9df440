package dev.slipway.operator.cli;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.SourceStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kubectl slipway}: ImageBuilds from a terminal. */
@Command(
    name = "kubectl slipway",
    description = "Requests, follows and explains the image builds of a cluster.",
    mixinStandardHelpOptions = true,
    subcommands = {
      KubectlCommand.ListBuilds.class,
      KubectlCommand.Describe.class,
      KubectlCommand.Build.class,
      KubectlCommand.Retry.class,
      KubectlCommand.Cancel.class,
      KubectlCommand.Logs.class
    })
public final class KubectlCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(), "name a command: list, describe, build, ...");
  }

  /** What all commands share. */
  abstract static class OnCluster implements Callable<Integer> {
    @Option(
        names = {"-n", "--namespace"},
        description = "Namespace; that of the kubeconfig if absent.")
    @Nullable String namespace;

    @Spec @Nullable CommandSpec spec;

    abstract int run(KubernetesClient client, String namespace, PrintWriter out);

    @Override
    public Integer call() {
      try (KubernetesClient client = new KubernetesClientBuilder().build()) {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        String chosen =
            namespace != null
                ? namespace
                : Objects.requireNonNullElse(client.getNamespace(), "default");
        int result = run(client, chosen, out);
        out.flush();
        return result;
      }
    }

    ImageBuild require(KubernetesClient client, String in, String name) {
      ImageBuild build = resource(client, in, name).get();
      if (build == null) {
        throw new ParameterException(
            Objects.requireNonNull(spec).commandLine(),
            "there is no ImageBuild " + name + " in namespace " + in);
      }
      return build;
    }

    static Resource<ImageBuild> resource(KubernetesClient client, String in, String name) {
      return client.resources(ImageBuild.class).inNamespace(in).withName(name);
    }

    /** Both requests are annotations, so that nothing of the spec is ever ours. */
    void annotate(KubernetesClient client, String in, String name, String annotation) {
      require(client, in, name);
      resource(client, in, name)
          .edit(build -> {
            Map<String, String> annotations =
                new TreeMap<>(
                    Objects.requireNonNullElse(build.getMetadata().getAnnotations(), Map.of()));
            annotations.put(annotation, Instant.now().toString());
            build.getMetadata().setAnnotations(annotations);
            return build;
          });
    }
  }

  @Command(name = "list", description = "Lists ImageBuilds.", mixinStandardHelpOptions = true)
  static final class ListBuilds extends OnCluster {
    @Option(
        names = {"-A", "--all-namespaces"},
        description = "In all namespaces.")
    boolean all;

    @Option(
        names = {"-o", "--output"},
        paramLabel = "json|yaml",
        description = "The whole objects.")
    @Nullable String output;

    @Override
    int run(KubernetesClient client, String in, PrintWriter out) {
      var builds = client.resources(ImageBuild.class);
      List<ImageBuild> items =
          (all ? builds.inAnyNamespace().list() : builds.inNamespace(in).list()).getItems();
      if (output != null) {
        out.println(format(output, items));
        return 0;
      }
      out.printf(
          "%-20s %-30s %-10s %-24s %-13s %s%n",
          "NAMESPACE", "NAME", "PHASE", "REASON", "IMAGE", "COMMIT");
      for (ImageBuild build : items) {
        ImageBuildStatus status =
            Objects.requireNonNullElse(build.getStatus(), ImageBuildStatus.EMPTY);
        SourceStatus source = status.source();
        out.printf(
            "%-20s %-30s %-10s %-24s %-13s %s%n",
            build.getMetadata().getNamespace(),
            build.getMetadata().getName(),
            text(status.phase()),
            text(status.reason()),
            text(status.shortDigest()),
            text(source == null ? null : source.shortCommit()));
      }
      return 0;
    }

    private String format(String kind, List<ImageBuild> items) {
      return switch (kind) {
        case "json" -> Serialization.asJson(items);
        case "yaml" -> Serialization.asYaml(items);
        default ->
            throw new ParameterException(
                Objects.requireNonNull(spec).commandLine(),
                "'" + kind + "' is no output format; give json or yaml");
      };
    }
  }

  @Command(
      name = "describe",
      description = "Says why it was built, how that went, and what failed.",
      mixinStandardHelpOptions = true)
  static final class Describe extends OnCluster {
    @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
    String name = "";

    @Override
    int run(KubernetesClient client, String in, PrintWriter out) {
      print(require(client, in, name), out);
      return 0;
    }

    static void print(ImageBuild object, PrintWriter out) {
      ImageBuildStatus status =
          Objects.requireNonNullElse(object.getStatus(), ImageBuildStatus.EMPTY);
      line(out, "Name", object.getMetadata().getName());
      line(out, "Phase", text(status.phase()) + " (" + text(status.reason()) + ")");
      status.condition("Ready").ifPresent(c -> line(out, "Says", c.message()));
      line(out, "Image", text(status.image()));
      BuildStatus build = status.build();
      if (build != null) {
        line(out, "Build", build.number() + ", attempt " + build.attempt());
        line(out, "Because", text(build.reason()) + ": " + text(build.trigger()));
        line(out, "Pod", text(build.podName()));
        line(out, "Took", text(build.duration()));
        build
            .stages()
            .forEach(s ->
                line(
                    out,
                    "Stage " + s.name(),
                    s.seconds() + "s, " + s.steps() + " steps, " + s.cached() + " cached"));
      }
      Failure failure = status.failure();
      if (failure != null) {
        line(out, "Failure", failure.reason() + ": " + failure.message());
        if (failure.file() != null) {
          line(
              out,
              "At",
              failure.file() + ":" + failure.line() + "  " + text(failure.instruction()));
        }
        failure.logTail().forEach(l -> out.println("  | " + l));
      }
      status
          .history()
          .forEach(h ->
              line(
                  out,
                  "#" + h.number(),
                  h.outcome() + " " + text(h.completionTime()) + " " + text(h.digest())));
    }

    private static void line(PrintWriter out, String label, String value) {
      out.printf("%-12s %s%n", label + ":", value);
    }
  }

  @Command(
      name = "build",
      description = "Asks for a build now, whatever has changed.",
      mixinStandardHelpOptions = true)
  static final class Build extends OnCluster {
    @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
    String name = "";

    @Override
    int run(KubernetesClient client, String in, PrintWriter out) {
      annotate(client, in, name, ImageBuild.REQUESTED_AT);
      out.println("imagebuild.slipway.dev/" + name + " asked to build");
      return 0;
    }
  }

  @Command(
      name = "retry",
      description = "Builds again after a failure.",
      mixinStandardHelpOptions = true)
  static final class Retry extends OnCluster {
    @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
    String name = "";

    @Override
    int run(KubernetesClient client, String in, PrintWriter out) {
      annotate(client, in, name, ImageBuild.REQUESTED_AT);
      out.println("imagebuild.slipway.dev/" + name + " asked to build again");
      return 0;
    }
  }

  @Command(
      name = "cancel",
      description = "Stops the active build.",
      mixinStandardHelpOptions = true)
  static final class Cancel extends OnCluster {
    @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
    String name = "";

    @Override
    int run(KubernetesClient client, String in, PrintWriter out) {
      annotate(client, in, name, ImageBuild.CANCEL_REQUESTED_AT);
      out.println("imagebuild.slipway.dev/" + name + " asked to stop its build");
      return 0;
    }
  }

  @Command(
      name = "logs",
      description = "Prints the log of the latest build.",
      mixinStandardHelpOptions = true)
  static final class Logs extends OnCluster {
    @Parameters(paramLabel = "NAME", description = "The ImageBuild.")
    String name = "";

    @Option(
        names = {"-f", "--follow"},
        description = "Go on until the build has ended.")
    boolean follow;

    @Override
    int run(KubernetesClient client, String in, PrintWriter out) {
      ImageBuildStatus status = require(client, in, name).getStatus();
      BuildStatus build = status == null ? null : status.build();
      String pod = build == null ? null : build.podName();
      PodResource resource = pod == null ? null : client.pods().inNamespace(in).withName(pod);
      Pod found = resource == null ? null : resource.get();
      if (resource == null || found == null) {
        throw new ParameterException(
            Objects.requireNonNull(spec).commandLine(),
            pod == null
                ? name + " has no builder pod yet; `describe` says what it waits for"
                : "builder pod " + pod + " is gone; spec.retention says how long pods are kept");
      }
      try (Reader log =
          new InputStreamReader(
              follow ? resource.watchLog().getOutput() : resource.getLogInputStream(),
              StandardCharsets.UTF_8)) {
        log.transferTo(out);
      } catch (IOException e) {
        throw new UncheckedIOException("the log of " + pod + " broke off", e);
      }
      return 0;
    }
  }

  private static String text(@Nullable Object value) {
    return value == null ? "-" : value.toString();
  }
}
