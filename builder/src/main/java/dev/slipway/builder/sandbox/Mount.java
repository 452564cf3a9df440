package dev.slipway.builder.sandbox;

import java.nio.file.Path;

/**
 * What a RUN step finds in its root file system besides its layers. Targets are absolute paths in
 * the image; the kernel resolves them inside the root file system, links included. A target that
 * does not exist is made for the step and does not stay in the layer.
 */
public sealed interface Mount {

  String target();

  /**
   * A file or directory of {@code source}.
   *
   * @param path below the source, links resolved inside it; empty for the source itself
   */
  record Bind(Source source, String path, String target, boolean readOnly) implements Mount {}

  /**
   * A directory that outlives the step.
   *
   * @param directory exists; who may use it at the same time is the caller's business
   */
  record Cache(Path directory, String target, boolean readOnly) implements Mount {}

  /**
   * An empty directory in memory.
   *
   * @param size in bytes; 0 for no limit but that of the kernel (half of the memory)
   */
  record Tmpfs(String target, long size) implements Mount {}

  /**
   * A file that is only ever in memory.
   *
   * @param content must not be changed by the caller until the step has ended
   * @param mode permission bits
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and copied nowhere: it is a secret
  record Secret(byte[] content, String target, int mode, int uid, int gid) implements Mount {
    /** Without the content. */
    @Override
    public String toString() {
      return "Secret[" + target + "]";
    }
  }

  /**
   * The socket of an SSH agent.
   *
   * @param agent who answers there
   */
  record SshAgent(Agent agent, String target, int mode, int uid, int gid) implements Mount {}

  /** What a bind mount shows. */
  sealed interface Source {
    /** A directory of the builder. */
    record Directory(Path directory) implements Source {}

    /** A stage or an image. */
    record OfView(View view) implements Source {}
  }
}
