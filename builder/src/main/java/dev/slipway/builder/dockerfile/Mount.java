package dev.slipway.builder.dockerfile;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A mount of one {@code RUN}. Targets are as written: absolute, or relative to the working
 * directory.
 */
public sealed interface Mount {

  /**
   * A directory or file of the context, or of {@code from}.
   *
   * @param source path in there; empty for its root
   * @param from a stage, named context or image; empty for the build context
   * @param readOnly what is written into a writable one is dropped afterwards
   */
  record Bind(String target, String source, Optional<String> from, boolean readOnly)
      implements Mount {}

  /**
   * A directory that is kept between builds.
   *
   * @param id by default the cleaned target
   * @param from what it starts with when it is new
   * @param mode of the directory when it is new; by default 0755
   */
  record Cache(
      String target,
      String id,
      Sharing sharing,
      Optional<String> from,
      String source,
      boolean readOnly,
      OptionalInt mode,
      OptionalLong uid,
      OptionalLong gid)
      implements Mount {}

  /** Memory. {@code size} in bytes is its limit. */
  record Tmpfs(String target, OptionalLong size, boolean readOnly) implements Mount {}

  /**
   * A secret, as a file, as an environment variable, or as both.
   *
   * @param target where the file goes; empty where the secret is only a variable
   * @param env the variable's name
   * @param required whether the build fails where the secret was not given
   * @param mode by default 0400
   */
  record Secret(
      String id,
      Optional<String> target,
      Optional<String> env,
      boolean required,
      OptionalInt mode,
      OptionalLong uid,
      OptionalLong gid)
      implements Mount {}

  /**
   * The socket of an SSH agent.
   *
   * @param id by default {@code default}
   * @param target where the socket goes; by default {@code /run/buildkit/ssh_agent.N}
   * @param mode by default 0600
   */
  record Ssh(
      String id,
      Optional<String> target,
      boolean required,
      OptionalInt mode,
      OptionalLong uid,
      OptionalLong gid)
      implements Mount {}

  /** Who may use a cache mount at the same time. */
  enum Sharing {
    /** Everybody. */
    SHARED,
    /** One: a second user gets a new directory. */
    PRIVATE,
    /** One: a second user waits. */
    LOCKED
  }
}
