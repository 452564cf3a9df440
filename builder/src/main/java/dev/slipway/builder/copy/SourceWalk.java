package dev.slipway.builder.copy;

record SourceWalk(CopySpec spec) {
  Selection select() {
    return Pending.yet();
  }
}
