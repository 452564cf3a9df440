package dev.slipway.builder.source;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** File names that come from a server or a URL, and so from anybody. */
public final class FileNames {
  private static final Pattern DISPOSITION =
      Pattern.compile("(?i)(?:^|;)\\s*filename=(?:\"([^\"]*)\"|([^;\\s]*))");
  private static final int MAX_BYTES = 255;

  private FileNames() {}

  /**
   * The last element of the URL's path, or else the name in a Content-Disposition header; empty
   * where neither can be a file name.
   */
  public static Optional<String> of(URI url, @Nullable String contentDisposition) {
    Optional<String> named = safe(url.getPath());
    if (named.isPresent() || contentDisposition == null) {
      return named;
    }
    Matcher matcher = DISPOSITION.matcher(contentDisposition);
    if (!matcher.find()) {
      return Optional.empty();
    }
    return safe(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
  }

  /** The last element of {@code path}, where it names a file and nothing else. */
  private static Optional<String> safe(@Nullable String path) {
    if (path == null || path.endsWith("/")) {
      return Optional.empty();
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    boolean usable =
        !name.isEmpty()
            && !name.equals(".")
            && !name.equals("..")
            && name.chars().noneMatch(c -> c < ' ' || c == 0x7f)
            && name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= MAX_BYTES;
    return usable ? Optional.of(name) : Optional.empty();
  }
}
