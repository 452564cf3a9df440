package dev.slipway.operator.kubectl;

import dev.slipway.api.ImageBuild;
import dev.slipway.operator.source.Checkout;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kubectl slipway create}. */
@Command(
    name = "create",
    description = {
      "Creates an ImageBuild from flags, or from the Git checkout you stand in: its remote, its",
      "branch and the directory are taken where the flags say nothing."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CreateCommand extends OnCluster {
  @Parameters(
      paramLabel = "NAME",
      arity = "0..1",
      description = "Its name; that of the checkout's directory if absent.")
  @Nullable String name;

  @Option(
      names = {"-t", "--tag"},
      required = true,
      paramLabel = "IMAGE[:TAG]",
      description = "Where the image goes. Several tags must be of one repository.")
  List<String> tags = new ArrayList<>();

  @Option(names = "--git-url", paramLabel = "URL", description = "The Git repository.")
  @Nullable String url;

  @Option(names = "--ref", paramLabel = "REF", description = "Branch, tag or commit.")
  @Nullable String ref;

  @Option(
      names = "--context-dir",
      paramLabel = "DIR",
      description = "Directory of the repository that is the build context.")
  @Nullable String contextDir;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "The Dockerfile, relative to the context.")
  @Nullable String file;

  @Option(names = "--target", paramLabel = "STAGE", description = "The stage to build.")
  @Nullable String target;

  @Option(names = "--build-arg", paramLabel = "NAME=VALUE", description = "A build argument.")
  Map<String, String> buildArgs = new LinkedHashMap<>();

  @Option(names = "--label", paramLabel = "NAME=VALUE", description = "A label of the image.")
  Map<String, String> labels = new LinkedHashMap<>();

  @Option(
      names = "--push-secret",
      paramLabel = "SECRET",
      description = "Secret of type kubernetes.io/dockerconfigjson.")
  @Nullable String pushSecret;

  @Option(
      names = "--git-secret",
      paramLabel = "SECRET",
      description = "Secret with the credentials of the Git repository.")
  @Nullable String gitSecret;

  @Option(
      names = "--follow",
      paramLabel = "INTERVAL",
      description = "Build again when the ref moves; how often to look, such as 5m.")
  @Nullable String follow;

  @Option(names = "--dry-run", description = "Print it as YAML and create nothing.")
  boolean dryRun;

  @Option(names = "--wait", description = "Follow its first build.")
  boolean waits;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = Format.HELP)
  @Nullable Format output;

  /** Where somebody stands. */
  Path here = Path.of("");

  @Override
  public Integer call() {
    if (!dryRun) {
      return super.call();
    }
    // No cluster is needed to write a manifest, and none is asked.
    ImageBuild build = manifest(namespace);
    (output == null ? Format.YAML : output).print(build, out());
    out().flush();
    return 0;
  }

  @Override
  int run(KubernetesClient client, String in) {
    ImageBuild build = manifest(in);
    ImageBuild created = client.resource(build).create();
    if (output != null) {
      output.print(created, out());
      return 0;
    }
    out().println(Format.name(created) + " created");
    out().flush();
    return waits
        ? new Follower(client, in, created.getMetadata().getName(), Screen.of(out())).follow(null)
        : 0;
  }

  ImageBuild manifest(@Nullable String in) {
    Optional<Checkout> checkout = url == null ? checkout() : Optional.empty();
    if (url == null && checkout.isEmpty()) {
      throw usage("this is no Git checkout with a remote: give --git-url");
    }
    String chosen = name != null ? name : checkout.map(c -> objectName(c.name())).orElse(null);
    if (chosen == null || chosen.isEmpty()) {
      throw usage("with --git-url a NAME is needed");
    }
    checkout.ifPresent(this::warn);
    Map<String, Object> git = new LinkedHashMap<>();
    git.put("url", url != null ? url : checkout.orElseThrow().url());
    String at = ref != null ? ref : checkout.map(CreateCommand::refOf).orElse(null);
    put(git, "ref", at);
    put(git, "secretRef", gitSecret == null ? null : Map.of("name", gitSecret));
    Map<String, Object> source = new LinkedHashMap<>();
    source.put("git", git);
    String directory =
        contextDir != null ? contextDir : checkout.map(Checkout::directory).orElse(".");
    put(source, "contextDir", directory.equals(".") ? null : directory);
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("source", source);
    put(spec, "dockerfile", file);
    put(spec, "target", target);
    if (!buildArgs.isEmpty()) {
      spec.put(
          "buildArgs",
          buildArgs.entrySet().stream()
              .map(e -> Map.of("name", e.getKey(), "value", e.getValue()))
              .toList());
    }
    spec.put("output", destination());
    put(spec, "follow", follow == null ? null : Map.of("interval", follow));
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", chosen);
    put(metadata, "namespace", in);
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("apiVersion", "slipway.dev/v1alpha1");
    object.put("kind", "ImageBuild");
    object.put("metadata", metadata);
    object.put("spec", spec);
    return new KubernetesSerialization().convertValue(object, ImageBuild.class);
  }

  private Map<String, Object> destination() {
    String repository = null;
    List<String> names = new ArrayList<>();
    for (String reference : tags) {
      int colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
      String image = colon < 0 ? reference : reference.substring(0, colon);
      if (reference.contains("@") || (repository != null && !repository.equals(image))) {
        throw usage(
            reference.contains("@")
                ? "--tag " + reference + ": a digest is what a build gives, not what it takes"
                : "--tag "
                    + reference
                    + ": all tags must be of one repository, and the first is "
                    + repository);
      }
      repository = image;
      if (colon >= 0) {
        names.add(reference.substring(colon + 1));
      }
    }
    Map<String, Object> destination = new LinkedHashMap<>();
    destination.put("image", repository);
    put(destination, "tags", names.isEmpty() ? null : names);
    put(destination, "pushSecretRef", pushSecret == null ? null : Map.of("name", pushSecret));
    put(destination, "labels", labels.isEmpty() ? null : labels);
    return destination;
  }

  private Optional<Checkout> checkout() {
    try {
      return Checkout.around(here.toAbsolutePath());
    } catch (IOException e) {
      throw new UncheckedIOException("the Git checkout here cannot be read", e);
    }
  }

  /** A branch is followed; a detached head is that one commit. */
  private static @Nullable String refOf(Checkout checkout) {
    return checkout.branch() != null ? checkout.branch() : checkout.commit();
  }

  private void warn(Checkout checkout) {
    if (ref == null && !checkout.pushed()) {
      err()
          .println(
              "warning: what is checked out here is not what "
                  + checkout.url()
                  + " has"
                  + (checkout.branch() == null ? "" : " on " + checkout.branch())
                  + "; the cluster builds what was pushed");
      err().flush();
    }
  }

  /** A directory's name as the name of an object. */
  static String objectName(String text) {
    String name = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]+", "-");
    name = name.replaceAll("^[^a-z0-9]+", "");
    name = name.substring(0, Math.min(name.length(), 63));
    return name.replaceAll("[^a-z0-9]+$", "");
  }

  private static void put(Map<String, Object> map, String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, value);
    }
  }
}
