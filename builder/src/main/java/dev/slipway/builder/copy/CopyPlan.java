package dev.slipway.builder.copy;

import dev.slipway.builder.layer.Entries;
import java.io.IOException;

/** Where each selected file goes, as the entries of a layer. */
public final class CopyPlan {
  private final DestinationTree tree;

  CopyPlan(DestinationTree tree) {
    this.tree = tree;
  }

  /**
   * Places a selection.
   *
   * @param destination the root file system below; {@link Lookup#EMPTY} for {@code --link}
   * @param accounts who the names of {@code --chown} are; asked only where it has names
   * @throws dev.slipway.builder.failure.BuildException at the instruction, where a directory is in
   *     the way of a file or the other way round, or {@code --chown} names nobody
   */
  public static CopyPlan of(Selection selection, Lookup destination, Accounts accounts)
      throws IOException {
    return new Placement(selection, destination, accounts).plan();
  }

  /**
   * The layer. Every parent directory of what is copied has an entry too: with the attributes it
   * has below where it exists, else 0755 and 0:0 (or what {@code --chown} and {@code --chmod} say,
   * as in BuildKit). Times are those of the sources; the caller applies the epoch. Contents are
   * read from the source trees while they are visited. None where nothing was selected and the
   * destination exists.
   */
  public Entries entries() {
    return tree.changed() ? tree.entries() : Entries.NONE;
  }
}
