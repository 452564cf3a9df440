package dev.slipway.builder.cache;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Everything that the result of a step depends on, by name. Two steps with equal keys have the same
 * result.
 *
 * <p>Only digests of the parts are kept, each part framed by its length, so that no two different
 * sets of parts hash alike and no value (a build argument, say) can be read back from the cache.
 *
 * @param parts in a fixed order for a kind of step
 */
public record StepKey(List<Part> parts) {

  public StepKey {
    parts = List.copyOf(parts);
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

  /**
   * The names of the parts that are not the same in {@code earlier}, in order. Empty where the keys
   * are equal.
   */
  public List<String> changedSince(StepKey earlier) {
    List<String> changed = new ArrayList<>();
    for (Part part : parts) {
      if (!earlier.parts.contains(part)) {
        changed.add(part.name());
      }
    }
    for (Part part : earlier.parts) {
      if (parts.stream().noneMatch(now -> now.name().equals(part.name()))) {
        changed.add(part.name() + " (removed)");
      }
    }
    return changed;
  }

  /** Begins a key for a kind of step; the kind is its first part. */
  public static Builder of(String kind) {
    return new Builder().add("instruction kind", kind);
  }

  /** Collects parts. Not thread-safe. */
  public static final class Builder {
    private final List<Part> parts = new ArrayList<>();

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

    /** One part for each entry, so that a miss can name the one that changed. */
    public Builder addEach(String prefix, Map<String, String> values) {
      values.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(entry -> add(prefix + entry.getKey(), entry.getValue()));
      return this;
    }

    public StepKey build() {
      return new StepKey(parts);
    }
  }

  private static final class Hash {
    private final MessageDigest digest;

    Hash() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

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
