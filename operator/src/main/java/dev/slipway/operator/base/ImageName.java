package dev.slipway.operator.base;

import java.util.Optional;

/**
 * The name of an image whose meaning can change, by the rules of the Docker reference grammar.
 *
 * @param registry host and port, {@code docker.io} where the name has none
 * @param repository path in the registry
 * @param tag the tag, {@code latest} where the name has none
 */
record ImageName(String registry, String repository, String tag) {
  private static final String HUB = "docker.io";

  /** Empty for what can never change, or lies in no registry: a digest, a local layout. */
  static Optional<ImageName> moving(String reference) {
    if (reference.contains("@") || reference.contains("://")) {
      return Optional.empty();
    }
    int slash = reference.indexOf('/');
    String first = slash < 0 ? "" : reference.substring(0, slash);
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    String registry = host ? first : HUB;
    String rest = host ? reference.substring(slash + 1) : reference;
    int colon = rest.lastIndexOf(':');
    boolean tagged = colon > rest.lastIndexOf('/');
    String path = tagged ? rest.substring(0, colon) : rest;
    String tag = tagged ? rest.substring(colon + 1) : "latest";
    if (path.isEmpty() || tag.isEmpty()) {
      return Optional.empty();
    }
    if (registry.equals("index.docker.io") || registry.equals("registry-1.docker.io")) {
      registry = HUB;
    }
    boolean official = registry.equals(HUB) && !path.contains("/");
    return Optional.of(new ImageName(registry, official ? "library/" + path : path, tag));
  }

  /** The host to ask: that of Docker Hub is not the one in its names. */
  static String host(String registry) {
    return registry.equals(HUB) ? "registry-1.docker.io" : registry;
  }

  @Override
  public String toString() {
    return registry + "/" + repository + ":" + tag;
  }
}
