package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;

/**
 * Fetches http(s) URLs into files: bounded, hashed while it streams, with redirects that are
 * checked one by one. Safe for use by several threads.
 *
 * <p>Over HttpURLConnection and not java.net.http: each read has a timeout there, so a server that
 * stops in the middle of a body is noticed.
 */
public final class Downloads {
  private static final int MAX_REDIRECTS = 10;
  private static final int BUFFER = 64 * 1024;

  private final DownloadSettings settings;
  private final EnvironmentProxies proxies;
  private final Optional<SSLSocketFactory> tls;

  public Downloads(DownloadSettings settings) {
    this.settings = settings;
    this.proxies = new EnvironmentProxies(settings.environment());
    this.tls = settings.caBundle().map(pem -> CaBundle.context(pem).getSocketFactory());
  }

  /**
   * What came over.
   *
   * @param file where it is
   * @param name the file name by which the server knows it, if it says one that can be used
   * @param size in bytes
   * @param sha256 of the content, in hex
   * @param lastModified what the server says
   */
  public record Download(
      Path file, Optional<String> name, long size, String sha256, Optional<Instant> lastModified) {}

  /** A failure of one attempt; {@code again} says whether another may help. */
  private static final class Attempt extends IOException {
    private static final long serialVersionUID = 1L;
    private final boolean again;

    Attempt(String message, boolean again) {
      super(message);
      this.again = again;
    }
  }

  /**
   * Fetches {@code url} into the new file {@code target}.
   *
   * @param checksum what the content must hash to: {@code sha256:…}, {@code sha384:…} or {@code
   *     sha512:…}
   * @throws BuildException DOWNLOAD, DIGEST_MISMATCH, DISK_FULL, CANCELLED, or USAGE for a checksum
   *     that is none
   */
  public Download fetch(URI url, Optional<String> checksum, Path target) {
    Optional<Checksum> expected = checksum.map(Checksum::parse);
    String shown = Redaction.url(url.toString());
    for (int attempt = 1; ; attempt++) {
      try {
        return download(url, expected, target);
      } catch (IOException e) {
        boolean again =
            switch (e) {
              case Attempt failed -> failed.again;
              case AddressPolicy.Refused refused -> false;
              default -> true;
            };
        if (!again || attempt >= settings.attempts()) {
          throw new BuildException(
                  ErrorCode.DOWNLOAD, "fetching " + shown + " failed: " + reason(e), e)
              .withRetryable(again);
        }
        pause(Duration.ofMillis(250L << attempt), shown);
      }
    }
  }

  private Download download(URI url, Optional<Checksum> expected, Path target) throws IOException {
    URI at = url;
    boolean fromPublic = false;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      Proxy proxy = proxies.select(at).getFirst();
      if (proxy.equals(Proxy.NO_PROXY)) {
        String host = at.getHost();
        fromPublic =
            redirects == 0
                ? settings.addresses().check(host)
                : settings.addresses().checkRedirect(host, fromPublic);
      }
      HttpURLConnection connection = open(at, proxy);
      try {
        int status = connection.getResponseCode();
        if (status == 200) {
          return store(connection, at, expected, target);
        }
        Optional<URI> next = redirect(connection, status, at);
        if (next.isEmpty()) {
          throw new Attempt(
              "the server answered " + status + explanation(status),
              status >= 500 || status == 408 || status == 429);
        }
        at = next.get();
      } finally {
        connection.disconnect();
      }
    }
    throw new Attempt("more than " + MAX_REDIRECTS + " redirects", false);
  }

  private HttpURLConnection open(URI url, Proxy proxy) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection(proxy);
    int millis = Math.toIntExact(settings.timeout().toMillis());
    connection.setConnectTimeout(millis);
    connection.setReadTimeout(millis);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    // A server that compresses on the way would change the bytes that a checksum is about.
    connection.setRequestProperty("Accept-Encoding", "identity");
    connection.setRequestProperty("User-Agent", "slipway");
    if (connection instanceof HttpsURLConnection https) {
      tls.ifPresent(https::setSSLSocketFactory);
    }
    String header =
        settings
            .authorization()
            .get(GitConnections.host(url.getScheme(), url.getHost(), url.getPort()));
    String userInfo = url.getUserInfo();
    if (header != null) {
      connection.setRequestProperty("Authorization", header);
    } else if (userInfo != null) {
      String[] parts = userInfo.split(":", 2);
      connection.setRequestProperty(
          "Authorization", GitCredentials.basic(parts[0], parts.length > 1 ? parts[1] : ""));
    }
    return connection;
  }

  private static Optional<URI> redirect(HttpURLConnection connection, int status, URI from)
      throws IOException {
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
      return Optional.empty();
    }
    String location = connection.getHeaderField("Location");
    if (location == null) {
      throw new Attempt("the server redirects to nowhere", false);
    }
    URI to;
    try {
      to = from.resolve(new URI(location));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new Attempt("the server redirects to what is no URL", false);
    }
    String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
    if (to.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new Attempt("the server redirects to a URL that is not http or https", false);
    }
    if (scheme.equals("http") && from.getScheme().equalsIgnoreCase("https")) {
      throw new Attempt("the server redirects from https to http", false);
    }
    return Optional.of(to);
  }

  private Download store(
      HttpURLConnection connection, URI url, Optional<Checksum> expected, Path target)
      throws IOException {
    long announced = connection.getContentLengthLong();
    if (announced > settings.maxBytes()) {
      throw tooLarge();
    }
    MessageDigest sha256 = Checksum.digest("SHA-256");
    Optional<MessageDigest> other =
        expected.filter(c -> !c.isSha256()).map(c -> Checksum.digest(c.algorithm()));
    long size = 0;
    try (InputStream in = connection.getInputStream();
        OutputStream out = Files.newOutputStream(target)) {
      byte[] buffer = new byte[BUFFER];
      for (int n; (n = in.read(buffer)) >= 0; ) {
        size += n;
        if (size > settings.maxBytes()) {
          throw tooLarge();
        }
        if (Thread.currentThread().isInterrupted()) {
          throw cancelled(Redaction.url(url.toString()));
        }
        sha256.update(buffer, 0, n);
        if (other.isPresent()) {
          other.get().update(buffer, 0, n);
        }
        write(out, buffer, n);
      }
    }
    if (announced >= 0 && size != announced) {
      throw new Attempt("the body ended after " + size + " of " + announced + " bytes", true);
    }
    String hex = HexFormat.of().formatHex(sha256.digest());
    if (expected.isPresent()) {
      expected
          .get()
          .verify(
              other.map(d -> HexFormat.of().formatHex(d.digest())).orElse(hex),
              Redaction.url(url.toString()));
    }
    long modified = connection.getLastModified();
    return new Download(
        target,
        FileNames.of(url, connection.getHeaderField("Content-Disposition")),
        size,
        hex,
        modified == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(modified)));
  }

  private static void write(OutputStream out, byte[] buffer, int length) {
    try {
      out.write(buffer, 0, length);
    } catch (IOException e) {
      // Not the server's fault, so never tried again.
      throw new BuildException(
          ErrorCode.DISK_FULL, "cannot store a download: " + e.getMessage(), e);
    }
  }

  private Attempt tooLarge() {
    return new Attempt(
        "the body is larger than the limit of " + settings.maxBytes() + " bytes", false);
  }

  private static String explanation(int status) {
    return switch (status) {
      case 401, 403 ->
          " (not allowed); give the build a secret HTTP_AUTH_TOKEN_HOST or HTTP_AUTH_HEADER_HOST";
      case 404, 410 -> " (not found); check the URL";
      default -> "";
    };
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return switch (e) {
      case java.net.UnknownHostException unknown -> "the host " + message + " is unknown";
      case java.net.SocketTimeoutException late -> "the server did not answer in time";
      case java.net.ConnectException refused -> "the host refuses connections";
      default -> message == null ? e.getClass().getSimpleName() : Redaction.url(message);
    };
  }

  private static void pause(Duration time, String shown) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled(shown);
    }
  }

  private static BuildException cancelled(String shown) {
    return new BuildException(ErrorCode.CANCELLED, "fetching " + shown + " was cancelled");
  }

  /** A digest as {@code --checksum} gives it. */
  record Checksum(String algorithm, String hex) {

    static Checksum parse(String text) {
      int colon = text.indexOf(':');
      String name = colon < 0 ? "" : text.substring(0, colon);
      String hex = text.substring(colon + 1);
      int digits =
          switch (name) {
            case "sha256" -> 64;
            case "sha384" -> 96;
            case "sha512" -> 128;
            default -> -1;
          };
      if (hex.length() != digits || !hex.matches("[0-9a-f]+")) {
        throw SourceParser.usage(
            "the checksum '" + text + "' is none: give sha256: and 64 lower-case hex digits");
      }
      return new Checksum("SHA-" + name.substring(3), hex);
    }

    boolean isSha256() {
      return algorithm.equals("SHA-256");
    }

    void verify(String actual, String url) {
      if (!actual.equals(hex)) {
        throw new BuildException(
                ErrorCode.DIGEST_MISMATCH,
                "the content of "
                    + url
                    + " has the digest "
                    + algorithm.replace("SHA-", "sha")
                    + ":"
                    + actual
                    + ", but "
                    + hex
                    + " was promised; correct --checksum, or find out why the content changed")
            .withRetryable(false);
      }
    }

    static MessageDigest digest(String algorithm) {
      try {
        return MessageDigest.getInstance(algorithm);
      } catch (NoSuchAlgorithmException e) {
        throw new BuildException(ErrorCode.INTERNAL, "this JDK has no " + algorithm, e);
      }
    }
  }
}
