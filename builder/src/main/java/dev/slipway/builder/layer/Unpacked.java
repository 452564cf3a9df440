package dev.slipway.builder.layer;

import java.util.List;

/**
 * What became of entries that were written into a directory.
 *
 * @param diskBytes the sum of the files' sizes, links counted once
 * @param entries how many entries there were
 * @param impliedDirectories directories that the layer has no entry for, though it has files in
 *     them (parents first). They were made with mode 0755 and owner 0:0, but when the layer is
 *     stacked, the attributes of the same directory in the layers below must win
 * @param unowned how many objects could not be given to their owner, because this process may not
 * @param skippedDevices devices that could not be made, because this process may not
 */
public record Unpacked(
    long diskBytes,
    long entries,
    List<String> impliedDirectories,
    long unowned,
    List<String> skippedDevices) {
  public Unpacked {
    impliedDirectories = List.copyOf(impliedDirectories);
    skippedDevices = List.copyOf(skippedDevices);
  }
}
