package dev.slipway.operator.pod;

import dev.slipway.api.BuildArg;
import dev.slipway.api.Cache;
import dev.slipway.api.CacheMode;
import dev.slipway.api.Compression;
import dev.slipway.api.GitSource;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.Output;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The arguments of {@code slipway build} for one ImageBuild. */
final class BuilderCommand {
  static final String STORE = "/var/lib/slipway";
  static final String DOCKER_CONFIG = "/run/slipway/docker";
  static final String GIT_CREDENTIALS = "/run/slipway/git";
  static final String DOCKERFILE = "/run/slipway/dockerfile";
  static final String EMPTY_CONTEXT = "/run/slipway/context";
  static final String REGISTRY_CA = "/run/slipway/registry-ca";
  static final String SECRETS = "/run/slipway/secrets";
  static final String SSH = "/run/slipway/ssh";
  static final String WAITING_FILE = "/tmp/slipway-waits";
  static final String RESULT_FILE = "/dev/termination-log";
  static final String BUILD_ARG_ENV = "SLIPWAY_BUILD_ARG_";

  /** A registry that is out of order so long costs no second build. */
  private static final String PUSH_AGAIN_FOR = "5m";

  private static final Set<String> PROXIES = Set.of("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY");

  private BuilderCommand() {}

  static List<String> arguments(
      ImageBuildSpec spec, @Nullable String commit, PodSettings settings) {
    List<String> args = new ArrayList<>();
    args.add("build");
    args.add(escape(context(spec, commit)));
    if (spec.dockerfileInline() == null) {
      flag(args, "file", spec.dockerfile());
    } else {
      flag(args, "dockerfile-inline", DOCKERFILE + "/Dockerfile");
    }
    spec.platforms().forEach(platform -> flag(args, "platform", platform));
    if (spec.target() != null) {
      flag(args, "target", spec.target());
    }
    for (int i = 0; i < spec.buildArgs().size(); i++) {
      BuildArg arg = spec.buildArgs().get(i);
      args.add(
          arg.valueFrom() == null
              ? escape("--build-arg=" + arg.name() + "=" + (arg.value() == null ? "" : arg.value()))
              : "--build-arg=" + arg.name() + "=$(" + BUILD_ARG_ENV + i + ")");
    }
    proxies(spec, settings).forEach((k, v) -> flag(args, "build-arg", k + "=" + v));
    for (int i = 0; i < spec.secrets().size(); i++) {
      flag(args, "secret", "id=" + spec.secrets().get(i).id() + ",src=" + secret(i) + "/value");
    }
    for (int i = 0; i < spec.ssh().size(); i++) {
      flag(args, "ssh", spec.ssh().get(i).id() + "=" + ssh(i) + "/key");
    }
    Output output = spec.output();
    output.tags().forEach(tag -> flag(args, "tag", output.image() + ":" + tag));
    output.labels().forEach((k, v) -> flag(args, "label", k + "=" + v));
    output.annotations().forEach((k, v) -> flag(args, "annotation", k + "=" + v));
    flag(
        args,
        "output",
        "type=registry" + pushAgain(spec.retries()) + compression(output.compression()));
    args.add("--progress=plain");
    if (spec.noCache()) {
      args.add("--no-cache");
    }
    cache(args, spec.cache(), output);
    TreeSet<String> insecure = new TreeSet<>(settings.insecureRegistries());
    if (output.insecure()) {
      insecure.add(registry(output.image()));
    }
    insecure.forEach(host -> flag(args, "insecure-registry", host));
    settings
        .registryMirrors()
        .forEach((host, mirror) -> flag(args, "registry-mirror", host + "=" + mirror));
    if (output.caBundleRef() != null) {
      flag(args, "ca-bundle", REGISTRY_CA + "/ca.crt");
    }
    GitSource git = spec.git();
    if (git != null && (git.secretRef() != null || git.caBundleRef() != null)) {
      flag(args, "git-credentials", GIT_CREDENTIALS);
    }
    flag(args, "root", STORE);
    flag(args, "result-file", RESULT_FILE);
    flag(args, "waiting-file", WAITING_FILE);
    flag(args, "metadata-file", STORE + "/metadata.json");
    return args;
  }

  /** RUN steps are behind the proxy too; these build arguments are in no image and no key. */
  private static Map<String, String> proxies(ImageBuildSpec spec, PodSettings settings) {
    Map<String, String> proxies = new TreeMap<>(settings.env());
    proxies.keySet().retainAll(PROXIES);
    spec.buildArgs().forEach(arg -> proxies.remove(arg.name()));
    return proxies;
  }

  /** Who wants no second attempt wants to hear of the first failure, not after minutes. */
  private static String pushAgain(int retries) {
    return retries == 0 ? "" : ",retry-for=" + PUSH_AGAIN_FOR;
  }

  private static void cache(List<String> args, Cache cache, Output output) {
    if (cache.disabled()) {
      return;
    }
    if (cache.repository() != null) {
      String place = "type=registry,ref=" + cache.repository();
      flag(args, "cache-from", place + (cache.mounts() ? "" : ",mounts=false"));
      if (!cache.readOnly()) {
        String mode = cache.mode() == CacheMode.MAX ? "max" : "min";
        flag(args, "cache-to", place + ",mode=" + mode + (cache.mounts() ? ",mounts=true" : ""));
      }
    }
    if (cache.inline()) {
      flag(args, "cache-from", "type=registry,ref=" + output.image() + ":" + output.tags().get(0));
      flag(args, "cache-to", "type=inline");
    }
  }

  private static String compression(Compression compression) {
    return switch (compression) {
      case GZIP -> "";
      case ZSTD -> ",compression=zstd";
      case UNCOMPRESSED -> ",compression=uncompressed";
    };
  }

  /** Where the N-th build secret is mounted. */
  static String secret(int index) {
    return SECRETS + "/" + index;
  }

  /** Where the N-th private key is mounted. */
  static String ssh(int index) {
    return SSH + "/" + index;
  }

  private static void flag(List<String> args, String name, String value) {
    args.add(escape("--" + name + "=" + value));
  }

  /** {@code url?ref=..&commit=..&subdir=..}: BuildKit's query form of a Git context. */
  private static String context(ImageBuildSpec spec, @Nullable String commit) {
    GitSource git = spec.git();
    if (git == null) {
      return EMPTY_CONTEXT;
    }
    List<String> query = new ArrayList<>();
    if (git.ref() != null && !git.ref().isEmpty()) {
      query.add("ref=" + encode(git.ref()));
    }
    if (commit != null) {
      query.add("commit=" + encode(commit));
      // The ref may move between the decision and the build; the build stays with the decision.
      query.add("fetch-by-commit=true");
    }
    String dir = spec.contextDir();
    if (!dir.equals(".") && !dir.equals("./")) {
      query.add("subdir=" + encode(dir));
    }
    if (!git.submodules()) {
      query.add("submodules=false");
    }
    if (git.lfs()) {
      query.add("lfs=true");
    }
    if (git.depth() != null) {
      query.add("keep-git-dir=true");
      query.add("depth=" + git.depth());
    }
    String url = git.url() + (query.isEmpty() ? "" : "?" + String.join("&", query));
    // Without ".git", an http URL is an archive to the builder, unless it has a fragment.
    boolean archive = git.url().startsWith("http") && !git.url().endsWith(".git");
    return archive ? url + "#" : url;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The kubelet expands {@code $(NAME)} in arguments; {@code $$(} is how it is kept from it. */
  private static String escape(String text) {
    return text.replace("$(", "$$(");
  }

  /** The registry of an image name, by the rule of the Docker reference grammar. */
  static String registry(String image) {
    int slash = image.indexOf('/');
    String first = slash < 0 ? "" : image.substring(0, slash);
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    return host ? first : "docker.io";
  }
}
