package dev.slipway.builder.store;

import java.nio.file.Path;
import java.util.List;

/**
 * An unpacked layer.
 *
 * @param directory its files, with whiteouts as overlayfs keeps them
 * @param impliedDirectories directories that the layer has files in but no entry for; their
 *     attributes are those of the layers below
 */
public record StoredLayer(Path directory, List<String> impliedDirectories) {
  public StoredLayer {
    impliedDirectories = List.copyOf(impliedDirectories);
  }
}
