package dev.slipway.builder.image;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The name of some bytes by their hash: {@code sha256:} and 64 lower-case hex digits, or {@code
 * sha512:} and 128. Nothing else is accepted, because a digest ends up in file names and URLs.
 *
 * <p>See the OCI image specification, <a
 * href="https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests">digests</a>.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex the hash in lower-case hex, without the algorithm
 */
public record Digest(String algorithm, String hex) implements Comparable<Digest> {

  private static final HexFormat HEX = HexFormat.of();

  /**
   * Checks the two.
   *
   * @throws BuildException {@code IMAGE_INVALID} unless the two form a strict digest
   */
  public Digest {
    if (!isValid(algorithm, hex)) {
      throw new BuildException(
          ErrorCode.IMAGE_INVALID,
          "invalid digest \""
              + Json.shorten(algorithm + ":" + hex)
              + "\": expected sha256: and 64 lower-case hex digits, or sha512: and 128");
    }
  }

  /**
   * Reads {@code algorithm:hex}.
   *
   * @throws BuildException {@code IMAGE_INVALID} for anything but a strict digest
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    return colon < 0
        ? new Digest("", text)
        : new Digest(text.substring(0, colon), text.substring(colon + 1));
  }

  /** The digest that {@code text} writes, or empty where it writes none. */
  public static Optional<Digest> tryParse(String text) {
    int colon = text.indexOf(':');
    return colon > 0 && isValid(text.substring(0, colon), text.substring(colon + 1))
        ? Optional.of(parse(text))
        : Optional.empty();
  }

  /** The SHA-256 of {@code bytes}. */
  public static Digest sha256(byte[] bytes) {
    return ofSha256(newSha256().digest(bytes));
  }

  /**
   * Names a finished SHA-256.
   *
   * @param hash the 32 bytes of {@link MessageDigest#digest()}
   */
  public static Digest ofSha256(byte[] hash) {
    return new Digest("sha256", HEX.formatHex(hash));
  }

  /** A fresh hasher for {@link #ofSha256}. */
  public static MessageDigest newSha256() {
    return hasher("SHA-256");
  }

  /** A fresh hasher for the algorithm of this digest. */
  public MessageDigest newHasher() {
    return hasher(algorithm.equals("sha512") ? "SHA-512" : "SHA-256");
  }

  /**
   * Whether {@code hasher}, obtained from {@link #newHasher}, saw exactly these bytes; resets it.
   */
  public boolean matches(MessageDigest hasher) {
    return HEX.formatHex(hasher.digest()).equals(hex);
  }

  /** The first twelve hex digits, as docker shows an id. */
  public String shortHex() {
    return hex.substring(0, 12);
  }

  @Override
  public int compareTo(Digest other) {
    int byAlgorithm = algorithm.compareTo(other.algorithm);
    return byAlgorithm != 0 ? byAlgorithm : hex.compareTo(other.hex);
  }

  /** {@code sha256:…}, the form {@link #parse} reads. */
  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }

  private static boolean isValid(String algorithm, String hex) {
    int length =
        switch (algorithm) {
          case "sha256" -> 64;
          case "sha512" -> 128;
          default -> -1;
        };
    if (hex.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = hex.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  private static MessageDigest hasher(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has " + name, e);
    }
  }
}
