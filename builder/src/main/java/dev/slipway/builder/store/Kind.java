package dev.slipway.builder.store;

/** What the store keeps, and how {@code slipway system df} calls it. */
public enum Kind {
  /** Names, and the blobs under them. */
  IMAGES("images", "Named images"),
  BLOBS("blobs", "Layer blobs"),
  LAYERS("layers", "Unpacked layers"),
  RECORDS("records", "Step records"),
  CACHE_MOUNTS("mounts", "Cache mounts"),
  SCRATCH("tmp", "Unfinished work");

  private final String folder;
  private final String title;

  Kind(String folder, String title) {
    this.folder = folder;
    this.title = title;
  }

  String folder() {
    return folder;
  }

  public String title() {
    return title;
  }
}
