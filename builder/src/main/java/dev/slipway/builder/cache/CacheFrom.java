package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.flag.Fields;
import dev.slipway.builder.image.ImageReference;

/**
 * One {@code --cache-from}: a cache to read.
 *
 * @param mounts whether cache mounts that are empty here are filled from it, where it has them
 */
public record CacheFrom(CachePlace place, boolean mounts) {
  private static final String FLAG = "--cache-from";

  /**
   * Reads {@code type=registry,ref=NAME}, {@code type=local,src=DIR}, or a name alone.
   *
   * @throws BuildException USAGE or UNSUPPORTED with what is wrong
   */
  public static CacheFrom parse(String text) {
    if (!text.contains("=")) {
      return new CacheFrom(
          new CachePlace.InRegistry(ImageReference.parse(text).withDefaultTag()), true);
    }
    Fields fields = Fields.parse(FLAG, text);
    CachePlace place = CachePlace.take(fields, "src");
    if (place instanceof CachePlace.Inline) {
      throw fields.wrong(
          "an inline cache is read from the image that holds it: type=registry,ref=IMAGE");
    }
    CacheFrom from = new CacheFrom(place, fields.flag("mounts", true));
    fields.end();
    return from;
  }
}
