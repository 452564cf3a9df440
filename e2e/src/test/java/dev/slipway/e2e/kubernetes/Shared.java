package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What all classes of a run have together: one cluster, our image in its registry, and Slipway
 * installed on it; each made when it is first asked for. What could not be made once is not tried
 * again.
 */
final class Shared implements AutoCloseable {
  /** In target, where the next run finds and takes away what a killed one left. */
  private static final Path DIRECTORY = Path.of("target", "cluster");

  private final Once<RealCluster> cluster = new Once<>(() -> RealCluster.start(DIRECTORY));
  private final Once<SlipwayImage> image = new Once<>(() -> SlipwayImage.build(cluster()));
  private final Once<Installation> installation =
      new Once<>(() -> Installation.install(cluster(), image()));

  /** A run that is told to stop takes its cluster with it. */
  private final Thread hook = new Thread(this::end, "end of the cluster");

  Shared() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  RealCluster cluster() throws IOException {
    return cluster.get();
  }

  SlipwayImage image() throws IOException {
    return image.get();
  }

  Installation installation() throws IOException {
    return installation.get();
  }

  /** Slipway, if a class has asked for it. */
  Optional<Installation> installed() {
    return installation.made();
  }

  private void end() {
    cluster
        .made()
        .ifPresent(running -> {
          try {
            running.close();
          } catch (IOException e) {
            System.err.println("the cluster was not taken away: " + e.getMessage());
          }
        });
  }

  @Override
  public void close() throws IOException {
    Runtime.getRuntime().removeShutdownHook(hook);
    Optional<RealCluster> running = cluster.made();
    if (running.isPresent()) {
      running.get().close();
    }
  }

  /** Something that is made at most once. Thread-safe. */
  private static final class Once<T> {
    private final Maker<T> maker;
    private @Nullable T value;
    private @Nullable String failure;

    @FunctionalInterface
    interface Maker<T> {
      T make() throws IOException;
    }

    Once(Maker<T> maker) {
      this.maker = maker;
    }

    synchronized T get() throws IOException {
      if (failure != null) {
        throw new IOException(failure);
      }
      T made = value;
      if (made == null) {
        try {
          made = maker.make();
          value = made;
        } catch (IOException | RuntimeException e) {
          failure = "as before: " + e.getMessage();
          throw e;
        }
      }
      return made;
    }

    synchronized Optional<T> made() {
      return Optional.ofNullable(value);
    }
  }
}
