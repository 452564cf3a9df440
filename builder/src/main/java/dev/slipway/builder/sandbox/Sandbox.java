package dev.slipway.builder.sandbox;

import java.nio.file.Path;
import java.util.List;

/**
 * The isolation that this place allows. Safe for use by any number of threads; stages run side by
 * side.
 *
 * <p>Nothing that a sandbox mounts outlives the builder's process, however it ends: all mounts are
 * made in a mount namespace of its own.
 */
public sealed interface Sandbox extends AutoCloseable permits NamespaceSandbox, ChrootSandbox {

  /**
   * Tries the tiers, strongest first, or only the one that was asked for.
   *
   * @throws dev.slipway.builder.failure.BuildException with code SANDBOX if none works; the message
   *     says for each why, and what to change
   */
  static Sandbox open(SandboxSettings settings) {
    return SandboxOpener.open(settings);
  }

  /** The tier that {@link #open} tries first, from what this process is allowed; tries nothing. */
  static Tier expected() {
    return SandboxOpener.expected();
  }

  Tier tier();

  Capabilities capabilities();

  /** Why each stronger tier was refused, one sentence each; empty if there is none. */
  List<String> refusals();

  /**
   * A writable view of layers.
   *
   * @param lowers unpacked layers, the bottom one first; none for an empty root file system
   * @param scratch an existing empty directory on the file system that will hold the changes. It
   *     belongs to the view until the caller deletes it, after {@link Rootfs#seal}
   */
  Rootfs mount(List<Path> lowers, Path scratch);

  /**
   * A view of layers that nobody can write to.
   *
   * @param lowers unpacked layers, the bottom one first
   * @param scratch an existing empty directory; it belongs to the view until that is closed
   */
  View view(List<Path> lowers, Path scratch);

  /**
   * Runs a command to its end. When it returns, every process that the command started is gone.
   *
   * @throws InterruptedException if the thread was interrupted: the command and all that it started
   *     have been killed
   * @throws dev.slipway.builder.failure.BuildException with code RUN_FAILED if the command cannot
   *     be started (there is no such program, it is for another platform), SANDBOX if this tier
   *     cannot do what it asks for, FILE_NOT_FOUND if the source of a mount does not exist
   */
  ExitStatus run(Rootfs rootfs, Command command, OutputListener output) throws InterruptedException;

  /**
   * Runs a command on the builder's own terminal, for {@code --on-error=shell}. Standard input,
   * output and error are the builder's.
   */
  ExitStatus runInteractively(Rootfs rootfs, Command command) throws InterruptedException;

  @Override
  void close();
}
