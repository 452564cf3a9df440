package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Something that builds a context and pushes the image. Used by one thread. */
interface Engine {

  /** One word, as on the command line. */
  String name();

  /** As the program itself says it. */
  String version() throws IOException, InterruptedException;

  /** Empty where it can run here, else why not and what to install. */
  Optional<String> missing();

  /** Leaves no daemon and nothing mounted, so that the disk with its state can be taken away. */
  void stop() throws IOException, InterruptedException;

  /** Starts its daemon, where it has one and it does not run, and waits until that answers. */
  void start() throws IOException, InterruptedException;

  /** The daemon, where it runs. */
  List<Long> daemons();

  /** The programs that build {@code job}, push it, and import and export the cache if so asked. */
  List<Program> build(Job job) throws IOException;

  /** Whether a cache in a registry can be used. */
  boolean hasRegistryCache();

  /**
   * What is to be built.
   *
   * @param image where it is pushed to, with a tag
   * @param cache where the cache is kept in the registry
   */
  record Job(Path context, String image, Optional<String> cache) {}
}
