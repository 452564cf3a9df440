package dev.slipway.builder.copy;

import dev.slipway.builder.layer.Entry;
import java.util.List;

record DestinationTree(Lookup lookup) {
  void makeDirectories(String path, int mode, Owner owner) {
    Pending.yet();
  }

  boolean changed() {
    return Pending.yet();
  }

  List<Entry> entries() {
    return Pending.yet();
  }
}
