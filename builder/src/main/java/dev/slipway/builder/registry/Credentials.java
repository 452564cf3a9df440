package dev.slipway.builder.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.json.JsonText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The logins that a user has stored: files in the format of docker's {@code config.json}, which is
 * also that of Podman's {@code auth.json} and of Kubernetes' {@code .dockerconfigjson}. The first
 * file that knows a registry wins. Nothing is held for longer than a file is; helpers are asked on
 * demand. Thread-safe.
 *
 * <p>Keys may be a host, a URL as docker once wrote them, or a host with a part of the repository
 * name (Podman, Kubernetes), of which the longest match wins; labels of the host may be globs
 * (Kubernetes).
 */
public final class Credentials {

  public static final Credentials NONE = new Credentials(List.of());

  private static final String HUB_KEY = "index.docker.io";
  private static final int MAX_FILE = 4 * 1024 * 1024;

  private final List<Source> sources;

  private Credentials(List<Source> sources) {
    this.sources = List.copyOf(sources);
  }

  /** What one file says. */
  private record Source(
      Map<String, Login> logins,
      Map<String, String> helpers,
      @Nullable String store,
      CredentialHelpers programs) {}

  /**
   * Reads the files that the environment names, as docker and Podman do: {@code
   * REGISTRY_AUTH_FILE}, then {@code $DOCKER_CONFIG/config.json} or {@code ~/.docker/config.json},
   * then {@code $XDG_RUNTIME_DIR/containers/auth.json}. A missing file holds no logins.
   *
   * @throws BuildException {@code USAGE} if a file is malformed
   */
  public static Credentials fromEnvironment(Map<String, String> environment) {
    List<Path> files = new ArrayList<>();
    String podman = environment.get("REGISTRY_AUTH_FILE");
    if (podman != null && !podman.isEmpty()) {
      files.add(Path.of(podman));
    }
    String docker = environment.get("DOCKER_CONFIG");
    String home = environment.get("HOME");
    if (docker != null && !docker.isEmpty()) {
      files.add(Path.of(docker, "config.json"));
    } else if (home != null && !home.isEmpty()) {
      files.add(Path.of(home, ".docker", "config.json"));
    }
    String runtime = environment.get("XDG_RUNTIME_DIR");
    if (runtime != null && !runtime.isEmpty()) {
      files.add(Path.of(runtime, "containers", "auth.json"));
    }
    return ofFiles(
        files.stream().filter(Files::isReadable).toList(), CredentialHelpers.of(environment));
  }

  /**
   * Reads files that the user named, which therefore have to exist.
   *
   * @throws BuildException {@code USAGE} if one is missing or malformed
   */
  public static Credentials ofFiles(List<Path> files) {
    return ofFiles(files, CredentialHelpers.of(System.getenv()));
  }

  static Credentials ofFiles(List<Path> files, CredentialHelpers programs) {
    return new Credentials(files.stream().map(file -> read(file, programs)).toList());
  }

  /** These logins, and where they know none, those of {@code others}. */
  public Credentials orElse(Credentials others) {
    List<Source> all = new ArrayList<>(sources);
    all.addAll(others.sources);
    return new Credentials(all);
  }

  /**
   * The login for a repository.
   *
   * @throws BuildException {@code REGISTRY_AUTH} if a credential helper fails
   */
  Optional<Login> find(String registry, String repository) {
    for (Source source : sources) {
      Optional<Login> login = find(source, registry, repository);
      if (login.isPresent()) {
        return login;
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return "Credentials[" + sources.size() + " files]";
  }

  private static Optional<Login> find(Source source, String registry, String repository) {
    String host = key(registry);
    String helper = source.helpers.get(host);
    if (helper != null) {
      return source.programs.ask(helper, serverUrl(host));
    }
    Optional<Login> stored = stored(source.logins, host, repository);
    if (stored.isPresent() || source.store == null) {
      return stored;
    }
    return source.programs.ask(source.store, serverUrl(host));
  }

  /** Docker Hub's logins are kept under the URL of its first version. */
  private static String serverUrl(String host) {
    return host.equals(HUB_KEY) ? "https://index.docker.io/v1/" : host;
  }

  private static Optional<Login> stored(Map<String, Login> logins, String host, String repository) {
    String path = repository;
    while (true) {
      Login login = logins.get(path.isEmpty() ? host : host + "/" + path);
      if (login != null) {
        return Optional.of(login);
      }
      if (path.isEmpty()) {
        break;
      }
      path = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
    return logins.entrySet().stream()
        .filter(entry -> entry.getKey().indexOf('*') >= 0)
        .filter(entry -> globMatches(entry.getKey(), host, repository))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static boolean globMatches(String key, String host, String repository) {
    int slash = key.indexOf('/');
    String pattern = slash < 0 ? key : key.substring(0, slash);
    String prefix = slash < 0 ? "" : key.substring(slash + 1);
    // A star stands for a part of one label, never for a dot.
    String regex = Pattern.quote(pattern).replace("*", "\\E[^.]*\\Q");
    boolean pathMatches =
        prefix.isEmpty() || repository.equals(prefix) || repository.startsWith(prefix + "/");
    return pathMatches && host.matches(regex);
  }

  private static Source read(Path file, CredentialHelpers programs) {
    JsonNode root;
    try {
      if (Files.size(file) > MAX_FILE) {
        throw malformed(file, "it is larger than 4 MiB");
      }
      root = JsonText.read(Files.readAllBytes(file));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      // Jackson quotes what it read, which may be a password: no cause, no text.
      throw malformed(file, "it is not valid JSON");
    } catch (IOException e) {
      throw malformed(file, e.toString());
    }
    boolean modern = root.has("auths") || root.has("credHelpers") || root.has("credsStore");
    // Before 1.7 docker wrote the map of logins by itself: Kubernetes' .dockercfg.
    JsonNode auths = modern ? root.path("auths") : root;
    Map<String, Login> logins = new TreeMap<>(java.util.Comparator.reverseOrder());
    for (Map.Entry<String, JsonNode> entry : auths.properties()) {
      if (entry.getValue().isObject()) {
        login(file, entry.getKey(), entry.getValue())
            .ifPresent(login -> logins.put(key(entry.getKey()), login));
      }
    }
    Map<String, String> helpers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.path("credHelpers").properties()) {
      helpers.put(key(entry.getKey()), entry.getValue().asText());
    }
    String store = root.path("credsStore").asText("");
    return new Source(logins, helpers, store.isEmpty() ? null : store, programs);
  }

  private static Optional<Login> login(Path file, String key, JsonNode node) {
    String identity = node.path("identitytoken").asText("");
    if (!identity.isEmpty()) {
      return Optional.of(new Login.IdentityToken(identity));
    }
    String token = node.path("registrytoken").asText("");
    if (!token.isEmpty()) {
      return Optional.of(new Login.RegistryToken(token));
    }
    String auth = node.path("auth").asText("");
    if (!auth.isEmpty()) {
      try {
        String pair =
            new String(Base64.getMimeDecoder().decode(auth), StandardCharsets.UTF_8)
                .replace("\0", "");
        int colon = pair.indexOf(':');
        if (colon > 0) {
          return Optional.of(
              new Login.Password(pair.substring(0, colon), pair.substring(colon + 1)));
        }
      } catch (IllegalArgumentException _) {
        // Said below, without the text.
      }
      throw malformed(file, "the field \"auth\" of \"" + key + "\" is not base64 of user:password");
    }
    String user = node.path("username").asText("");
    return user.isEmpty()
        ? Optional.empty()
        : Optional.of(new Login.Password(user, node.path("password").asText("")));
  }

  /** {@code https://index.docker.io/v1/} and {@code docker.io} are the same place. */
  private static String key(String written) {
    String key = written;
    int scheme = key.indexOf("://");
    if (scheme >= 0) {
      key = key.substring(scheme + 3);
    }
    for (String suffix : List.of("/", "/v1", "/v2")) {
      if (key.endsWith(suffix)) {
        key = key.substring(0, key.length() - suffix.length());
      }
    }
    int slash = key.indexOf('/');
    String host = (slash < 0 ? key : key.substring(0, slash)).toLowerCase(Locale.ROOT);
    String path = slash < 0 ? "" : key.substring(slash);
    boolean hub = host.equals("docker.io") || host.equals("registry-1.docker.io");
    return (hub ? HUB_KEY : host) + path;
  }

  private static BuildException malformed(Path file, String why) {
    return new BuildException(ErrorCode.USAGE, "reading registry logins from " + file + ": " + why);
  }
}
