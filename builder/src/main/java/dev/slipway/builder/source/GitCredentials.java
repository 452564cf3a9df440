package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a builder knows to authenticate to Git servers. Immutable; its text form shows no secret.
 *
 * <p>A credential is for one host: that of the repository that the build names (or the host in the
 * secret's own name). A submodule or a redirect that leads elsewhere gets none.
 */
public final class GitCredentials {
  private static final GitCredentials NONE = new GitCredentials(null, Map.of(), null, null, null);

  /** The value of an Authorization header for the host of the main repository. */
  private final @Nullable String authorization;

  /** The same, for hosts by name, with the port where it is not the default. */
  private final Map<String, String> byHost;

  private final @Nullable Path sshKey;
  private final @Nullable Path knownHosts;
  private final @Nullable Path caBundle;

  private GitCredentials(
      @Nullable String authorization,
      Map<String, String> byHost,
      @Nullable Path sshKey,
      @Nullable Path knownHosts,
      @Nullable Path caBundle) {
    this.authorization = authorization;
    this.byHost = Map.copyOf(byHost);
    this.sshKey = sshKey;
    this.knownHosts = knownHosts;
    this.caBundle = caBundle;
  }

  public static GitCredentials none() {
    return NONE;
  }

  /**
   * Of a directory as Kubernetes mounts a secret, with the keys of the types {@code
   * kubernetes.io/basic-auth} and {@code kubernetes.io/ssh-auth}: {@code username} and {@code
   * password} (a password alone is a token), or {@code ssh-privatekey} with {@code known_hosts};
   * and {@code ca.crt}, certificates in PEM to trust beside the system's.
   *
   * @throws BuildException USAGE where the directory has none of them
   */
  public static GitCredentials fromDirectory(Path directory) {
    String password = read(directory, "password");
    String username = read(directory, "username");
    Path key = existing(directory, "ssh-privatekey");
    Path hosts = existing(directory, "known_hosts");
    Path ca = existing(directory, "ca.crt");
    if (password == null && key == null && hosts == null && ca == null) {
      throw new BuildException(
          ErrorCode.USAGE,
          "the Git credentials directory "
              + directory
              + " has none of password, ssh-privatekey, known_hosts and ca.crt; mount a secret of"
              + " type kubernetes.io/basic-auth or kubernetes.io/ssh-auth");
    }
    String header =
        password == null ? null : basic(username == null ? "x-access-token" : username, password);
    return new GitCredentials(header, Map.of(), key, hosts, ca);
  }

  /**
   * These, and those of build secrets, as BuildKit names them: {@code GIT_AUTH_TOKEN} and {@code
   * GIT_AUTH_HEADER}, or the same with {@code .HOST} appended. Other secrets are not looked at.
   */
  public GitCredentials withSecrets(Map<String, byte[]> secrets) {
    String header = authorization;
    Map<String, String> hosts = new HashMap<>(byHost);
    for (String name : new String[] {"GIT_AUTH_TOKEN", "GIT_AUTH_HEADER"}) {
      // The header wins where both are given, so it comes last.
      for (Map.Entry<String, byte[]> secret : secrets.entrySet()) {
        String value = new String(secret.getValue(), StandardCharsets.UTF_8).strip();
        String shown = name.endsWith("TOKEN") ? basic("x-access-token", value) : value;
        if (secret.getKey().equals(name)) {
          header = shown;
        } else if (secret.getKey().startsWith(name + ".")) {
          hosts.put(secret.getKey().substring(name.length() + 1), shown);
        }
      }
    }
    return new GitCredentials(header, hosts, sshKey, knownHosts, caBundle);
  }

  /** The header for {@code host} ({@code name} or {@code name:port}), if there is one for it. */
  Optional<String> authorization(String host, String mainHost) {
    String own = byHost.get(host);
    if (own != null) {
      return Optional.of(own);
    }
    return host.equals(mainHost) ? Optional.ofNullable(authorization) : Optional.empty();
  }

  Optional<Path> sshKey() {
    return Optional.ofNullable(sshKey);
  }

  Optional<Path> knownHosts() {
    return Optional.ofNullable(knownHosts);
  }

  Optional<Path> caBundle() {
    return Optional.ofNullable(caBundle);
  }

  /** These, with user and password taken from a URL where it has them. */
  GitCredentials withUserInfo(@Nullable String user, @Nullable String password) {
    if (user == null) {
      return this;
    }
    // A user alone is how some forges spell a token: https://TOKEN@host/….
    String header = basic(user, password == null ? "" : password);
    return new GitCredentials(header, byHost, sshKey, knownHosts, caBundle);
  }

  static String basic(String user, String password) {
    byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private static @Nullable Path existing(Path directory, String name) {
    Path file = directory.resolve(name);
    return Files.isRegularFile(file) ? file : null;
  }

  private static @Nullable String read(Path directory, String name) {
    Path file = existing(directory, name);
    if (file == null) {
      return null;
    }
    try {
      // Secrets made with "echo" end in a newline that is no part of them.
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.USAGE, "cannot read the Git credential " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "GitCredentials[" + byHost.keySet() + "]";
  }
}
