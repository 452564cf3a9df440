package dev.slipway.builder.cli;

import dev.slipway.builder.cache.CacheFrom;
import dev.slipway.builder.cache.CacheTo;
import dev.slipway.builder.solve.BuildRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Which steps need not run, and where that is remembered outside of the store. */
final class CacheOptions {
  @Option(names = "--no-cache", description = "Run every step, whatever the cache holds.")
  private boolean noCache;

  @Option(
      names = "--no-cache-filter",
      paramLabel = "STAGE",
      split = ",",
      description = "Run every step of these stages.")
  private List<String> noCacheFilter = new ArrayList<>();

  @Option(
      names = "--cache-from",
      paramLabel = "type=TYPE[,KEY=VALUE]",
      description =
          "A cache to read: type=registry,ref=NAME (also an image with an inline cache) or"
              + " type=local,src=DIR; repeatable.")
  private List<String> cacheFrom = new ArrayList<>();

  @Option(
      names = "--cache-to",
      paramLabel = "type=TYPE[,KEY=VALUE]",
      description =
          "A cache to write as steps complete: type=registry,ref=NAME, type=local,dest=DIR or"
              + " type=inline; mode=min|max, mounts=true, compression=, ignore-error=; repeatable.")
  private List<String> cacheTo = new ArrayList<>();

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
