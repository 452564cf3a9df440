package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Fetches http(s) URLs into files: bounded, and hashed while it streams. Safe for use by several
 * threads.
 */
public final class Downloads {
  private static final int BUFFER = 64 * 1024;

  private final DownloadSettings settings;
  private final HttpRequests requests;

  public Downloads(DownloadSettings settings) {
    this.settings = settings;
    this.requests =
        new HttpRequests(
            settings.addresses(), settings.timeout(), settings.caBundle(), settings.environment());
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
              case HttpRequests.Refused refused -> false;
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
    try (HttpRequests.Answer answer = requests.send(url, this::headers, Optional.empty())) {
      int status = answer.status();
      if (status != 200) {
        throw new Attempt(
            "the server answered " + status + explanation(status),
            status >= 500 || status == 408 || status == 429);
      }
      return store(answer.connection(), answer.from(), expected, target);
    }
  }

  private Map<String, String> headers(URI url) {
    String header = settings.authorization().get(HttpRequests.host(url));
    if (header == null && url.getUserInfo() != null) {
      String[] parts = url.getUserInfo().split(":", 2);
      header = GitCredentials.basic(parts[0], parts.length > 1 ? parts[1] : "");
    }
    return header == null ? Map.of() : Map.of("Authorization", header);
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

  static void write(OutputStream out, byte[] buffer, int length) {
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
      case java.net.UnknownHostException host ->
          "the host " + GitErrors.unknown(host) + " is unknown";
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
