package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.GitSource;
import dev.slipway.api.SourceStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;

/** How things are written in a status. */
final class Texts {
  private Texts() {}

  /** RFC 3339, to the second. */
  static String time(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** The first twelve digits of a hash. */
  static String shortened(String hex) {
    return hex.substring(0, Math.min(12, hex.length()));
  }

  static SourceStatus commit(String sha) {
    return new SourceStatus(sha, shortened(sha), null, null, null);
  }

  static Failure failure(String reason, String message) {
    return new Failure(reason, message, null, null, null, null, null, List.of());
  }

  static Instant queued(BuildStatus build, Instant otherwise) {
    return build.queueTime() == null ? otherwise : Instant.parse(build.queueTime());
  }

  /** The host of a Git URL, without credentials. */
  static String host(String url) {
    return url.replaceFirst("^[a-z]+://", "")
        .replaceFirst("^[^/@]*@", "")
        .replaceFirst("[:/].*", "");
  }

  /** The registry of an image name, by the rule of the Docker reference grammar. */
  static String registry(String image) {
    int slash = image.indexOf('/');
    String first = slash < 0 ? "" : image.substring(0, slash);
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    return host ? first : "docker.io";
  }

  static String ref(GitSource git) {
    String ref = Objects.requireNonNullElse(git.ref(), "");
    return ref.isEmpty() ? "its default branch" : ref;
  }
}
