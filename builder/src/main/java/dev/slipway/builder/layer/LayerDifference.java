package dev.slipway.builder.layer;

import dev.slipway.builder.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What differs between two layers.
 *
 * @param path of the first file that differs, in the order of the first layer
 * @param how in words: {@code mtime 1 and 2}
 */
public record LayerDifference(String path, String how) {
  private static final int BUFFER = 128 * 1024;

  /** What is compared of an entry, by name, in the order in which it is told. */
  private record Traits(Map<String, String> all) {}

  /**
   * Compares two layers.
   *
   * @param first compressed or not; read to its end, not closed
   * @return empty where all entries are the same
   */
  public static Optional<LayerDifference> between(InputStream first, InputStream second)
      throws IOException {
    Map<String, Traits> one = read(first);
    Map<String, Traits> other = read(second);
    for (Map.Entry<String, Traits> entry : one.entrySet()) {
      Traits there = other.get(entry.getKey());
      if (there == null) {
        return Optional.of(new LayerDifference(entry.getKey(), "only the first build has it"));
      }
      if (!there.equals(entry.getValue())) {
        return Optional.of(
            new LayerDifference(entry.getKey(), told(entry.getValue().all(), there.all())));
      }
    }
    return other.keySet().stream()
        .filter(path -> !one.containsKey(path))
        .findFirst()
        .map(path -> new LayerDifference(path, "only the second build has it"))
        .or(() ->
            List.copyOf(one.keySet()).equals(List.copyOf(other.keySet()))
                ? Optional.empty()
                : Optional.of(new LayerDifference("", "the order of the entries")));
  }

  private static String told(Map<String, String> one, Map<String, String> other) {
    List<String> differences = new ArrayList<>();
    one.forEach((trait, value) -> {
      String there = other.getOrDefault(trait, "none");
      if (!there.equals(value)) {
        differences.add(trait + " " + value + " and " + there);
      }
    });
    other.forEach((trait, value) -> {
      if (!one.containsKey(trait)) {
        differences.add(trait + " none and " + value);
      }
    });
    return String.join(", ", differences);
  }

  private static Map<String, Traits> read(InputStream blob) throws IOException {
    Map<String, Traits> entries = new LinkedHashMap<>();
    TarReader.readLayer(
        Decompression.of(blob), entry -> entries.put(entry.path(), new Traits(traits(entry))));
    return entries;
  }

  private static Map<String, String> traits(Entry entry) throws IOException {
    Map<String, String> traits = new LinkedHashMap<>();
    switch (entry) {
      case Entry.File file -> {
        traits.put("type", "file");
        traits.put("size", Long.toString(file.size()));
        traits.put("content", hash(file.content()));
      }
      case Entry.Directory ignored -> traits.put("type", "directory");
      case Entry.Symlink link -> {
        traits.put("type", "symbolic link");
        traits.put("target", link.target());
      }
      case Entry.HardLink link -> {
        traits.put("type", "hard link");
        traits.put("target", link.target());
      }
      case Entry.Device device -> {
        traits.put("type", "device");
        traits.put("number", device.major() + ":" + device.minor());
      }
      case Entry.Fifo ignored -> traits.put("type", "fifo");
      case Entry.Whiteout ignored -> traits.put("type", "whiteout");
      case Entry.Opaque ignored -> traits.put("type", "opaque directory");
    }
    if (entry instanceof Entry.Node node) {
      Attributes attributes = node.attributes();
      traits.put("mode", Integer.toOctalString(attributes.mode()));
      traits.put("owner", attributes.uid() + ":" + attributes.gid());
      traits.put("mtime", Long.toString(attributes.mtime()));
      for (String name : attributes.xattrs().names()) {
        byte[] value = attributes.xattrs().get(name);
        traits.put("xattr " + name, value == null ? "" : HexFormat.of().formatHex(value));
      }
    }
    return traits;
  }

  private static String hash(Content content) throws IOException {
    MessageDigest digest = Digest.newSha256();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = content.open()) {
      for (int n; (n = in.read(buffer)) >= 0; ) {
        digest.update(buffer, 0, n);
      }
    }
    return Digest.ofSha256(digest.digest()).toString();
  }
}
