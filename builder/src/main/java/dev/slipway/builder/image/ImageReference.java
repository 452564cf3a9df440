package dev.slipway.builder.image;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The full name of an image: {@code registry/repository[:tag][@digest]}. Read as docker reads it
 * (<a href="https://github.com/distribution/reference">distribution/reference</a>): {@code debian}
 * is {@code docker.io/library/debian}, and a first part is a host only if it has a dot or a colon,
 * is {@code localhost}, or has upper-case letters.
 *
 * @param registry host with optional port, {@code docker.io} by default
 * @param repository the path below the host, {@code library/debian}
 * @param tag null where none was written; see {@link #withDefaultTag}
 * @param digest null where none was written
 */
public record ImageReference(
    String registry, String repository, @Nullable String tag, @Nullable Digest digest) {

  public static final String DOCKER_HUB = "docker.io";
  public static final String DEFAULT_TAG = "latest";

  private static final String LEGACY_HUB = "index.docker.io";
  private static final String OFFICIAL = "library/";
  private static final int MAX_REPOSITORY = 255;

  private static final String HOST_LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
  private static final Pattern HOST =
      Pattern.compile(
          "(?:" + HOST_LABEL + "(?:\\." + HOST_LABEL + ")*|\\[[a-fA-F0-9:]+])(?::[0-9]+)?");
  private static final Pattern PATH_PART = Pattern.compile("[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*");
  private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}");
  private static final Pattern IMAGE_ID = Pattern.compile("[a-f0-9]{64}");

  public ImageReference {
    check(registry, repository, tag);
  }

  /**
   * Reads a name as a user writes it.
   *
   * @throws BuildException {@code INVALID_IMAGE_NAME} saying which part is wrong and why
   */
  public static ImageReference parse(String text) {
    if (text.isEmpty()) {
      throw wrong(text, "it is empty");
    }
    if (IMAGE_ID.matcher(text).matches()) {
      throw wrong(text, "64 hex digits are an image id, not a name: write name@sha256:" + text);
    }
    String rest = text;
    Digest digest = null;
    int at = rest.indexOf('@');
    if (at >= 0) {
      String written = rest.substring(at + 1);
      digest =
          Digest.tryParse(written)
              .orElseThrow(() ->
                  wrong(
                      text,
                      "what follows '@' has to be a digest: sha256: and 64 lower-case hex"
                          + " digits"));
      rest = rest.substring(0, at);
    }
    int slash = rest.indexOf('/');
    String first = slash < 0 ? "" : rest.substring(0, slash);
    boolean hasHost = slash >= 0 && isHost(first);
    String registry = hasHost ? first : DOCKER_HUB;
    String path = hasHost ? rest.substring(slash + 1) : rest;
    String tag = null;
    int colon = path.indexOf(':');
    if (colon >= 0) {
      tag = path.substring(colon + 1);
      path = path.substring(0, colon);
    }
    if (registry.equals(LEGACY_HUB)) {
      registry = DOCKER_HUB;
    }
    if (registry.equals(DOCKER_HUB) && path.indexOf('/') < 0) {
      path = OFFICIAL + path;
    }
    try {
      return new ImageReference(registry, path, tag, digest);
    } catch (BuildException e) {
      throw wrong(text, e.getMessage());
    }
  }

  /** The tag to ask for where there is no digest: the written one, else {@code latest}. */
  public String tagOrDefault() {
    return tag == null ? DEFAULT_TAG : tag;
  }

  /** Adds {@code latest} where neither a tag nor a digest was written. */
  public ImageReference withDefaultTag() {
    return tag == null && digest == null ? withTag(DEFAULT_TAG) : this;
  }

  public ImageReference withTag(String value) {
    return new ImageReference(registry, repository, value, digest);
  }

  public ImageReference withDigest(Digest value) {
    return new ImageReference(registry, repository, tag, value);
  }

  /** {@code registry/repository}, without tag and digest. */
  public ImageReference name() {
    return new ImageReference(registry, repository, null, null);
  }

  public Optional<Digest> digestIfKnown() {
    return Optional.ofNullable(digest);
  }

  /** What a manifest is asked for by: the digest if there is one, else the tag. */
  public String target() {
    return digest != null ? digest.toString() : tagOrDefault();
  }

  /**
   * The short form that docker prints: {@code debian:12} for {@code docker.io/library/debian:12}.
   */
  public String familiar() {
    String name = registry + "/" + repository;
    if (registry.equals(DOCKER_HUB)) {
      boolean official =
          repository.startsWith(OFFICIAL) && repository.indexOf('/', OFFICIAL.length()) < 0;
      String path = official ? repository.substring(OFFICIAL.length()) : repository;
      // A first part that would be read as a host again keeps its registry.
      int slash = path.indexOf('/');
      name = slash >= 0 && isHost(path.substring(0, slash)) ? name : path;
    }
    return name + suffix();
  }

  /** The full form: {@code docker.io/library/debian:12@sha256:…}. */
  @Override
  public String toString() {
    return registry + "/" + repository + suffix();
  }

  private String suffix() {
    return (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
  }

  private static boolean isHost(String first) {
    return first.equals("localhost")
        || first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || !first.equals(first.toLowerCase(Locale.ROOT));
  }

  private static void check(String registry, String repository, @Nullable String tag) {
    if (!HOST.matcher(registry).matches()) {
      throw problem("\"" + registry + "\" is not a host name with an optional port");
    }
    if (repository.isEmpty()) {
      throw problem("the repository name is missing");
    }
    if (!repository.equals(repository.toLowerCase(Locale.ROOT))) {
      throw problem("the repository name \"" + repository + "\" has to be lower-case");
    }
    if (repository.length() > MAX_REPOSITORY) {
      throw problem("the repository name is longer than " + MAX_REPOSITORY + " characters");
    }
    for (String part : repository.split("/", -1)) {
      if (part.isEmpty()) {
        throw problem("the repository name has an empty part");
      }
      if (!PATH_PART.matcher(part).matches()) {
        throw problem(
            "\""
                + part
                + "\" is not a part of a repository name: lower-case letters and digits, separated"
                + " by one '.', one or two '_', or any number of '-'");
      }
    }
    if (tag != null && !TAG.matcher(tag).matches()) {
      throw problem(
          "the tag \""
              + (tag.length() <= 40 ? tag : tag.substring(0, 40) + "…")
              + "\" has to be at most 128 letters, digits, '_', '.' and '-', not starting with '.'"
              + " or '-'");
    }
  }

  private static BuildException problem(String why) {
    return new BuildException(ErrorCode.INVALID_IMAGE_NAME, why);
  }

  private static BuildException wrong(String text, @Nullable String why) {
    return new BuildException(
        ErrorCode.INVALID_IMAGE_NAME, "invalid image name \"" + Json.shorten(text) + "\": " + why);
  }
}
