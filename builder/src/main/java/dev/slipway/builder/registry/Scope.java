package dev.slipway.builder.registry;

import java.util.Set;
import java.util.TreeSet;

/**
 * What a request needs to be allowed to do, as <a
 * href="https://distribution.github.io/distribution/spec/auth/scope/">token scopes</a> say it.
 *
 * @param repository whose login is used
 * @param tokens {@code repository:NAME:pull,push}
 */
record Scope(String repository, Set<String> tokens) {

  Scope {
    tokens = Set.copyOf(tokens);
  }

  static Scope pull(String repository) {
    return new Scope(repository, Set.of("repository:" + repository + ":pull"));
  }

  static Scope push(String repository) {
    return new Scope(repository, Set.of("repository:" + repository + ":pull,push"));
  }

  static Scope delete(String repository) {
    return new Scope(repository, Set.of("repository:" + repository + ":delete,pull"));
  }

  /** Also what is needed to take blobs from another repository. */
  Scope andPull(String other) {
    Set<String> more = new TreeSet<>(tokens);
    more.add("repository:" + other + ":pull");
    return new Scope(repository, more);
  }
}
