package dev.slipway.builder.layer;

import java.util.List;

/**
 * What became of entries that were written into a directory, and what this process was not allowed
 * to do.
 *
 * @param diskBytes about what they take on disk; links are counted once
 * @param entries how many entries there were
 * @param impliedDirectories directories that have no entry, though there are files in them (parents
 *     first). They were made with mode 0755 and owner 0:0; but when a layer is stacked on others,
 *     the attributes that a lower layer gives to the same directory must win
 * @param opaqueRoot whether all that lower layers have is gone; overlayfs cannot say that in a
 *     layer's root, so that the layers below have to be left out
 * @param unowned how many objects could not be given to their owner
 * @param skippedDevices devices that could not be made
 * @param lostXattrs paths with an extended attribute that could not be set
 */
public record Unpacked(
    long diskBytes,
    long entries,
    List<String> impliedDirectories,
    boolean opaqueRoot,
    long unowned,
    List<String> skippedDevices,
    List<String> lostXattrs) {
  public Unpacked {
    impliedDirectories = List.copyOf(impliedDirectories);
    skippedDevices = List.copyOf(skippedDevices);
    lostXattrs = List.copyOf(lostXattrs);
  }
}
