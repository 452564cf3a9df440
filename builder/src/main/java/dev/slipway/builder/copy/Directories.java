package dev.slipway.builder.copy;

import dev.slipway.builder.layer.Entries;
import java.io.IOException;

/** Directories that an instruction makes: WORKDIR. */
public final class Directories {
  private Directories() {}

  /**
   * {@code mkdir -p} as BuildKit's WORKDIR does it: the missing directories of {@code path}, owned
   * by {@code owner}; existing ones are not changed, but appear, as in every layer, as the parents
   * of what is new. Symbolic links on the way are followed below the root.
   *
   * @param path absolute
   * @return no entries when all of it exists
   * @throws dev.slipway.builder.failure.BuildException DESTINATION_INVALID where something other
   *     than a directory is in the way
   */
  public static Entries make(Lookup lookup, String path, Owner owner, int mode) throws IOException {
    DestinationTree tree = new DestinationTree(lookup);
    tree.makeDirectories(path, mode, owner);
    return tree.changed() ? tree.entries() : Entries.NONE;
  }
}
