package dev.slipway.builder.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** The files of an archive, by their path in it; nothing outside of it can be reached. */
interface ArchiveFiles extends AutoCloseable {

  /** The length of a regular file in bytes, or empty where there is none of that name. */
  Optional<Long> size(String path) throws IOException;

  /** A fresh stream of a file that has a {@link #size}. */
  InputStream open(String path) throws IOException;

  @Override
  void close() throws IOException;
}
