package dev.slipway.builder.copy;

import java.util.List;

final class ContentDigest {
  private ContentDigest() {}

  static String of(List<SelectedRoot> roots, FileHashes hashes) {
    return Pending.yet();
  }
}
