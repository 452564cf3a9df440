package dev.slipway.builder.source;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text that stands in a repository for a file kept in Git LFS, by <a
 * href="https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md">its specification</a>.
 *
 * @param oid the SHA-256 of the content, in hex
 * @param size of the content, in bytes
 * @param extension the first of the programs that the content went through, where there is one:
 *     then it is not what the file is
 */
record LfsPointer(String oid, long size, Optional<String> extension) {
  /** Larger files are none. */
  static final int MAX_BYTES = 1024;

  private static final byte[] START =
      "version https://git-lfs.github.com/spec/v1\n".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern LINE = Pattern.compile("([a-z0-9.-]+) (.+)");
  private static final Pattern OID = Pattern.compile("sha256:([0-9a-f]{64})");

  /** What {@code content} points to; empty for any other text. */
  static Optional<LfsPointer> parse(byte[] content) {
    if (content.length > MAX_BYTES
        || content.length < START.length
        || Arrays.mismatch(content, START)
            != (content.length == START.length ? -1 : START.length)) {
      return Optional.empty();
    }
    Map<String, String> values = new HashMap<>();
    String extension = null;
    for (String line : new String(content, StandardCharsets.UTF_8).split("\n", -1)) {
      Matcher parts = LINE.matcher(line);
      if (parts.matches()) {
        values.put(parts.group(1), parts.group(2));
        if (extension == null && parts.group(1).startsWith("ext-")) {
          extension = parts.group(1);
        }
      } else if (!line.isEmpty()) {
        return Optional.empty();
      }
    }
    Matcher oid = OID.matcher(values.getOrDefault("oid", ""));
    String size = values.getOrDefault("size", "");
    if (!oid.matches() || !size.matches("[0-9]{1,18}")) {
      return Optional.empty();
    }
    return Optional.of(
        new LfsPointer(oid.group(1), Long.parseLong(size), Optional.ofNullable(extension)));
  }
}
