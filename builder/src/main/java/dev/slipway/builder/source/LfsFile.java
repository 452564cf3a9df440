package dev.slipway.builder.source;

/**
 * A file of a repository that is a pointer into Git LFS.
 *
 * @param path below the directory that was written
 * @param pointer what stands there
 * @param tracked whether {@code .gitattributes} say that it is kept in Git LFS, as git wants it
 */
record LfsFile(String path, LfsPointer pointer, boolean tracked) {

  String oid() {
    return pointer.oid();
  }

  long size() {
    return pointer.size();
  }

  @Override
  public String toString() {
    return path + " (object " + pointer.oid() + ")";
  }
}
