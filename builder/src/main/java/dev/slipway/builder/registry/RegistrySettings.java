package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * All that a {@link RegistryClient} has to be told.
 *
 * @param credentials the logins to show
 * @param insecure hosts (with port) that may be spoken to over plain HTTP, or over TLS with a
 *     certificate that is not checked; this machine's own names always may
 * @param mirrors asked in order, before the registry itself
 * @param caBundles PEM files of authorities to trust beside the JDK's own
 * @param proxies where requests go through
 * @param userAgent how we present ourselves
 * @param tokenHosts hosts that may be shown a password although they belong to another domain than
 *     the registry that asks for it
 * @param transfersPerHost how many blobs move at the same time, in each direction
 * @param connectTimeout for a connection, and for its TLS handshake
 * @param answerTimeout for the head of an answer and between two reads of its body; the last step
 *     of an upload, where registries hash and move what they got, may take ten times as long
 * @param retries when and how often to try again
 */
public record RegistrySettings(
    Credentials credentials,
    Set<String> insecure,
    List<Mirror> mirrors,
    List<Path> caBundles,
    ProxySettings proxies,
    String userAgent,
    Set<String> tokenHosts,
    int transfersPerHost,
    Duration connectTimeout,
    Duration answerTimeout,
    RetryPolicy retries) {
  private static final Duration CACHE_CONNECT = Duration.ofSeconds(5);
  private static final int CACHE_ATTEMPTS = 3;

  public RegistrySettings {
    insecure = Set.copyOf(insecure);
    mirrors = List.copyOf(mirrors);
    caBundles = List.copyOf(caBundles);
    tokenHosts = Set.copyOf(tokenHosts);
    if (transfersPerHost < 1) {
      throw new BuildException(
          ErrorCode.USAGE, "at least one transfer a registry has to be allowed");
    }
    for (String host : insecure) {
      if (host.isEmpty() || (host.indexOf('/') >= 0 && !host.matches("https?://[^/]+"))) {
        throw new BuildException(
            ErrorCode.USAGE,
            "invalid insecure registry \"" + host + "\": write it as HOST or HOST:PORT");
      }
    }
  }

  /** No logins, no mirrors, no proxies: for tests and for a registry on this machine. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The logins and proxies that the environment names.
   *
   * @throws BuildException {@code USAGE} if a file or a variable is malformed
   */
  public static Builder fromEnvironment(Map<String, String> environment) {
    return new Builder()
        .credentials(Credentials.fromEnvironment(environment))
        .proxies(ProxySettings.fromEnvironment(environment));
  }

  /**
   * The same for what a build can do without, such as its cache: with little patience, and without
   * mirrors, which may answer for a tag with what it was some time ago.
   */
  public RegistrySettings forCaches() {
    return new RegistrySettings(
        credentials,
        insecure,
        List.of(),
        caBundles,
        proxies,
        userAgent,
        tokenHosts,
        transfersPerHost,
        connectTimeout.compareTo(CACHE_CONNECT) < 0 ? connectTimeout : CACHE_CONNECT,
        answerTimeout,
        retries.withAttempts(Math.min(CACHE_ATTEMPTS, retries.attempts())));
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private Credentials credentials = Credentials.NONE;
    private final Set<String> insecure = new TreeSet<>();
    private final List<Mirror> mirrors = new ArrayList<>();
    private final List<Path> caBundles = new ArrayList<>();
    private ProxySettings proxies = ProxySettings.NONE;
    private String userAgent = "slipway";
    private final Set<String> tokenHosts = new TreeSet<>();
    private int transfersPerHost = 8;
    private Duration connectTimeout = Duration.ofSeconds(15);
    private Duration answerTimeout = Duration.ofSeconds(60);
    private RetryPolicy retries = RetryPolicy.DEFAULT;

    private Builder() {}

    public Builder credentials(Credentials value) {
      credentials = value;
      return this;
    }

    /** Adds logins that win over those already given. */
    public Builder preferCredentials(Credentials value) {
      credentials = value.orElse(credentials);
      return this;
    }

    /** Adds {@code HOST[:PORT]}, or {@code http://HOST[:PORT]} for plain HTTP and nothing else. */
    public Builder insecure(String host) {
      insecure.add(host);
      return this;
    }

    public Builder mirror(Mirror value) {
      mirrors.add(value);
      return this;
    }

    public Builder caBundle(Path file) {
      caBundles.add(file);
      return this;
    }

    public Builder proxies(ProxySettings value) {
      proxies = value;
      return this;
    }

    public Builder userAgent(String value) {
      userAgent = value;
      return this;
    }

    public Builder tokenHost(String host) {
      tokenHosts.add(host);
      return this;
    }

    public Builder transfersPerHost(int value) {
      transfersPerHost = value;
      return this;
    }

    public Builder connectTimeout(Duration value) {
      connectTimeout = value;
      return this;
    }

    public Builder answerTimeout(Duration value) {
      answerTimeout = value;
      return this;
    }

    public Builder retries(RetryPolicy value) {
      retries = value;
      return this;
    }

    public RegistrySettings build() {
      return new RegistrySettings(
          credentials,
          insecure,
          mirrors,
          caBundles,
          proxies,
          userAgent,
          tokenHosts,
          transfersPerHost,
          connectTimeout,
          answerTimeout,
          retries);
    }
  }
}
