package dev.slipway.e2e.real;

import java.nio.file.Path;

/** Where tests keep between runs what takes long to make; shared by all checkouts of a user. */
final class TestCache {
  private TestCache() {}

  static Path directory() {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path caches =
        configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(configured);
    return caches.resolve("slipway").resolve("tests");
  }
}
