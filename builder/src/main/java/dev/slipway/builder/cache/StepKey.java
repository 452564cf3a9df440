package dev.slipway.builder.cache;

import dev.slipway.builder.image.Digest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Everything that the result of a step depends on, by name. Two steps with equal keys have the same
 * result.
 *
 * <p>Only digests of the parts are kept, each part framed by its length, so that no two different
 * sets of parts hash alike and no value (a build argument, say) can be read back from the cache.
 *
 * @param parts in a fixed order for a kind of step
 * @param details finer than the parts, for explanations only: equal parts mean equal results,
 *     whatever stands here. A file's path to some digest of it, and the names below.
 */
public record StepKey(List<Part> parts, Map<String, String> details) {
  /** The part that names the files a step starts from. */
  public static final String FILES_BEFORE = "the files before it";

  /** The part that names the files that a COPY or ADD takes. */
  public static final String COPIED = "the files it copies";

  /** The detail that says which of {@link #FILES_BEFORE} come from the base. */
  public static final String BASE = "//base";

  private static final String VARIABLE = "variable ";

  public StepKey {
    parts = List.copyOf(parts);
    details = Map.copyOf(details);
  }

  /** One dependency: a name that users understand, and the digest of its value. */
  public record Part(String name, String digest) {}

  /** Hexadecimal SHA-256 over all the parts: the name under which a result is remembered. */
  public String id() {
    Hash hash = new Hash();
    for (Part part : parts) {
      hash.text(part.name()).text(part.digest());
    }
    return hash.hex();
  }

  /** Whether both are of steps that are described by the same parts. */
  public boolean comparableWith(StepKey other) {
    return !parts.isEmpty()
        && !other.parts.isEmpty()
        && same(parts.getFirst().digest(), other.parts.getFirst().digest());
  }

  /**
   * What differs from {@code earlier}, in words: {@code src/main.c changed}. Empty where the keys
   * are equal.
   */
  public List<String> changedSince(StepKey earlier) {
    List<String> changed = new ArrayList<>();
    for (Part part : parts) {
      Optional<Part> before = earlier.part(part.name());
      if (before.filter(old -> same(old.digest(), part.digest())).isEmpty()) {
        changed.addAll(change(part.name(), earlier, before.isPresent() ? " changed" : " is new"));
      }
    }
    for (Part part : earlier.parts) {
      if (part(part.name()).isEmpty()) {
        changed.add(earlier.shown(part.name()) + " is gone");
      }
    }
    return changed;
  }

  private List<String> change(String name, StepKey earlier, String verb) {
    if (name.equals(FILES_BEFORE)) {
      boolean base = !sameDetail(BASE, earlier);
      return List.of(base ? "the base image changed" : "a step before it made other files");
    }
    if (name.equals(COPIED)) {
      List<String> files = changedFiles(earlier);
      return files.isEmpty() ? List.of(name + verb) : files;
    }
    return List.of(shown(name) + verb);
  }

  private List<String> changedFiles(StepKey earlier) {
    if (earlier.files().isEmpty() || files().isEmpty()) {
      return List.of();
    }
    List<String> changed = new ArrayList<>();
    Map<String, String> before = earlier.files();
    files()
        .forEach((path, digest) -> {
          String old = before.get(path);
          if (old == null) {
            changed.add(path + " is new");
          } else if (!same(old, digest)) {
            changed.add(path + " changed");
          }
        });
    before.keySet().stream()
        .filter(path -> !details.containsKey(path))
        .forEach(path -> changed.add(path + " is gone"));
    return changed;
  }

  private Map<String, String> files() {
    Map<String, String> files = new TreeMap<>(details);
    files.keySet().removeIf(name -> name.startsWith("//") || name.startsWith(VARIABLE));
    return files;
  }

  private boolean sameDetail(String name, StepKey earlier) {
    return same(details.getOrDefault(name, ""), earlier.details.getOrDefault(name, ""));
  }

  private Optional<Part> part(String name) {
    return parts.stream().filter(part -> part.name().equals(name)).findFirst();
  }

  /** {@code ARG VERSION} for the part {@code variable VERSION}. */
  private String shown(String name) {
    return name.startsWith(VARIABLE)
        ? details.getOrDefault("//" + name, "variable") + name.substring(VARIABLE.length() - 1)
        : name;
  }

  /** Digests that travelled through a cache were cut to their beginning. */
  private static boolean same(String one, String other) {
    int length = Math.min(one.length(), other.length());
    return one.regionMatches(0, other, 0, length) && (length > 0 || one.equals(other));
  }

  /** Begins a key for a kind of step; the kind is its first part. */
  public static Builder of(String kind) {
    return new Builder().add("instruction kind", kind);
  }

  /** Collects parts. Not thread-safe. */
  public static final class Builder {
    private final List<Part> parts = new ArrayList<>();
    private final Map<String, String> details = new HashMap<>();

    public Builder add(String name, String value) {
      parts.add(new Part(name, new Hash().text(value).hex()));
      return this;
    }

    public Builder add(String name, List<String> values) {
      Hash hash = new Hash().number(values.size());
      values.forEach(hash::text);
      parts.add(new Part(name, hash.hex()));
      return this;
    }

    /**
     * One part a variable, so that a miss can name the one that changed.
     *
     * @param args the names of those that ARG declared
     */
    public Builder addVariables(Map<String, String> values, Set<String> args) {
      new TreeMap<>(values)
          .forEach((name, value) -> {
            add(VARIABLE + name, value);
            details.put("//" + VARIABLE + name, args.contains(name) ? "ARG" : "ENV");
          });
      return this;
    }

    /**
     * The files that a step starts from.
     *
     * @param layers names of all layers, bottom first
     * @param base how many of them belong to what the stage is based on
     */
    public Builder addFilesBefore(List<String> layers, int base) {
      details.put(BASE, new Hash().text(String.join(" ", layers.subList(0, base))).hex());
      return add(FILES_BEFORE, layers);
    }

    /** The files of a COPY or ADD: their digest, and those of each for explanations. */
    public Builder addCopied(String digest, Map<String, String> files) {
      details.putAll(files);
      return add(COPIED, digest);
    }

    public StepKey build() {
      return new StepKey(parts, details);
    }
  }

  private static final class Hash {
    private final MessageDigest digest = Digest.newSha256();

    Hash text(String value) {
      // Char by char: names of files may hold lone surrogates (linux.FileName), which every
      // charset would turn into the same replacement character.
      ByteBuffer chars = ByteBuffer.allocate(value.length() * Character.BYTES);
      value.chars().forEach(c -> chars.putChar((char) c));
      number(value.length());
      digest.update(chars.flip());
      return this;
    }

    Hash number(int value) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(value).flip());
      return this;
    }

    String hex() {
      return HexFormat.of().formatHex(digest.digest());
    }
  }
}
