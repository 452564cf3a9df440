package dev.slipway.builder.cli;

import dev.slipway.builder.registry.Credentials;
import dev.slipway.builder.registry.Mirror;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.builder.solve.EngineSettings;
import dev.slipway.builder.store.StoreLimit;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What every command that reads or writes images takes: the store, and how to reach registries. */
final class EngineOptions {

  private @Nullable Path root;
  private List<String> insecure = new ArrayList<>();

  private List<String> mirrors = new ArrayList<>();

  private List<Path> caBundles = new ArrayList<>();

  private List<Path> authFiles = new ArrayList<>();

  private List<String> tokenHosts = new ArrayList<>();

  void declare(Flags flags) {
    flags.path(
        "--root",
        "DIR",
        "The content store (default: $SLIPWAY_ROOT, else ~/.cache/slipway).",
        value -> root = value);
    flags.texts(
        "--insecure-registry",
        "HOST",
        "Talk to this registry over plain HTTP or unverified TLS; repeatable.",
        value -> insecure = value);
    flags.texts(
        "--registry-mirror",
        "HOST=MIRROR",
        "Ask MIRROR first for images of HOST, as in docker.io=127.0.0.1:5000.",
        value -> mirrors = value);
    flags.paths(
        "--ca-bundle",
        "FILE",
        "More certificate authorities to trust, as PEM; repeatable.",
        value -> caBundles = value);
    flags.paths(
        "--authfile",
        "FILE",
        "Registry logins in the format of docker's config.json, before those of the environment;"
            + " repeatable.",
        value -> authFiles = value);
    flags.texts(
        "--registry-token-host",
        "HOST",
        "Show logins to this token service although it belongs to another domain than the"
            + " registry that names it; repeatable.",
        value -> tokenHosts = value);
  }

  /** For what adds little to the store, and leaves it to the next build to keep it small. */
  EngineSettings settings() {
    return settings(StoreLimit.NONE);
  }

  EngineSettings settings(StoreLimit limit) {
    Map<String, String> environment = System.getenv();
    RegistrySettings.Builder registries = RegistrySettings.fromEnvironment(environment);
    insecure.forEach(registries::insecure);
    mirrors.stream().map(Mirror::parse).forEach(registries::mirror);
    caBundles.forEach(registries::caBundle);
    if (!authFiles.isEmpty()) {
      registries.preferCredentials(Credentials.ofFiles(authFiles));
    }
    tokenHosts.forEach(registries::tokenHost);
    registries.userAgent("slipway/" + Version.current());
    return new EngineSettings(
        store(environment), limit, registries.build(), environment, Clock.systemUTC());
  }

  Path store(Map<String, String> environment) {
    if (root != null) {
      return root.toAbsolutePath();
    }
    String configured = environment.get("SLIPWAY_ROOT");
    if (configured != null && !configured.isEmpty()) {
      return Path.of(configured).toAbsolutePath();
    }
    String caches = environment.get("XDG_CACHE_HOME");
    Path home =
        caches != null && !caches.isEmpty()
            ? Path.of(caches)
            : Path.of(environment.getOrDefault("HOME", "/tmp"), ".cache");
    return home.resolve("slipway").toAbsolutePath();
  }
}
