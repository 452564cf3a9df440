package dev.slipway.builder.copy;

import dev.slipway.builder.failure.Location;
import dev.slipway.builder.source.IgnorePatterns;
import java.util.List;
import java.util.Optional;

/**
 * What one COPY or ADD does, with its variables expanded and its sources opened.
 *
 * @param items what is copied, in order
 * @param destination as written: absolute or relative to {@code workdir}, a trailing slash counts
 * @param workdir absolute
 * @param chown {@code user[:group]}, names or numbers
 * @param mode what {@code --chmod} does
 * @param excludes {@code --exclude}, relative to each source
 * @param parents whether source paths keep their directories
 * @param link whether the destination is taken to be empty, so that it is never looked at
 * @param location for errors
 */
public record CopySpec(
    List<CopyItem> items,
    String destination,
    String workdir,
    Optional<String> chown,
    Optional<ModeChange> mode,
    IgnorePatterns excludes,
    boolean parents,
    boolean link,
    Location location) {
  public CopySpec {
    items = List.copyOf(items);
  }
}
