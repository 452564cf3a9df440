package dev.slipway.builder.cli;

import dev.slipway.builder.cache.CacheFrom;
import dev.slipway.builder.cache.CacheTo;
import dev.slipway.builder.solve.BuildRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Which steps need not run, and where that is remembered outside of the store. */
final class CacheOptions {
  private boolean noCache;
  private List<String> noCacheFilter = new ArrayList<>();

  private List<String> cacheFrom = new ArrayList<>();

  private List<String> cacheTo = new ArrayList<>();

  void declare(Flags flags) {
    flags.flag("--no-cache", "Run every step, whatever the cache holds.", value -> noCache = value);
    flags.commaSeparated(
        "--no-cache-filter",
        "STAGE",
        "Run every step of these stages.",
        value -> noCacheFilter = value);
    flags.texts(
        "--cache-from",
        "type=TYPE[,KEY=VALUE]",
        "A cache to read: type=registry,ref=NAME (also an image with an inline cache) or"
            + " type=local,src=DIR; repeatable.",
        value -> cacheFrom = value);
    flags.texts(
        "--cache-to",
        "type=TYPE[,KEY=VALUE]",
        "A cache to write as steps complete: type=registry,ref=NAME, type=local,dest=DIR or"
            + " type=inline; mode=min|max, mounts=true, compression=, ignore-error=; repeatable.",
        value -> cacheTo = value);
  }

  boolean noCache() {
    return noCache;
  }

  /** Stages of which every step runs. */
  List<String> noCacheFilter() {
    return List.copyOf(noCacheFilter);
  }

  /**
   * The caches to read and to write.
   *
   * @param buildArgs of which {@code BUILDKIT_INLINE_CACHE=1} is {@code --cache-to type=inline}
   */
  BuildRequest.Caches caches(Map<String, String> buildArgs) {
    Stream<String> inline =
        List.of("1", "true").contains(buildArgs.getOrDefault("BUILDKIT_INLINE_CACHE", ""))
            ? Stream.of("type=inline")
            : Stream.empty();
    return new BuildRequest.Caches(
        cacheFrom.stream().map(CacheFrom::parse).toList(),
        Stream.concat(cacheTo.stream(), inline).map(CacheTo::parse).distinct().toList());
  }
}
