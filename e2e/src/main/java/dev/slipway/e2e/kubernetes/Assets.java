package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the programs of a cluster are: in {@code KUBEBUILDER_ASSETS}, as with envtest, else built
 * by {@code e2e/kubernetes/build} once and kept outside the checkout, else installed.
 */
final class Assets {
  private static final String NODE = "node";
  private static final String ETCD = "etcd";
  private static final String HELM = "helm";

  private final List<Path> directories;

  private Assets(List<Path> directories) {
    this.directories = directories;
  }

  /** Builds what is missing, which takes minutes the first time. */
  static Assets controlPlane(String minor) throws IOException {
    return new Assets(List.of(build(minor), build(ETCD)));
  }

  /** The same with the programs of a node. */
  static Assets cluster() throws IOException {
    return new Assets(List.of(build(ControlPlane.CURRENT), build(ETCD), build(NODE)));
  }

  /** The program with which users install the chart. */
  static Path helm() throws IOException {
    return new Assets(List.of(build(HELM))).program(HELM);
  }

  /**
   * Finds one program.
   *
   * @throws IOException if it is nowhere; the message says what to install
   */
  Path program(String name) throws IOException {
    List<Path> places = new ArrayList<>(directories);
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      places.add(Path.of(directory));
    }
    places.add(Path.of("/usr/sbin"));
    return places.stream()
        .map(place -> place.resolve(name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IOException(name + " is not installed (see `make packages`)"));
  }

  private static Path build(String set) throws IOException {
    Optional<Path> given = given(set);
    if (given.isPresent()) {
      return given.get();
    }
    Process process =
        new ProcessBuilder(script().toString(), set)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process.getOutputStream().close();
    String directory =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("the programs of " + set + " could not be built; see above");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the programs of " + set + " were built", e);
    }
    return Path.of(directory);
  }

  /** What the user names counts for the current release; a test of the previous one needs that. */
  private static Optional<Path> given(String set) {
    String first =
        switch (set) {
          case ControlPlane.CURRENT -> "kube-apiserver";
          case NODE -> "containerd";
          case ETCD, HELM -> set;
          default -> "";
        };
    return Optional.ofNullable(System.getenv("KUBEBUILDER_ASSETS"))
        .map(Path::of)
        .filter(directory -> !first.isEmpty() && Files.isExecutable(directory.resolve(first)));
  }

  private static Path script() throws IOException {
    String home = System.getenv("SLIPWAY_HOME");
    List<Path> places =
        List.of(
            Path.of(home == null ? "." : home, "e2e", "kubernetes", "build"),
            Path.of("kubernetes", "build"), // Maven runs the tests in e2e
            Path.of("e2e", "kubernetes", "build"));
    for (Path place : places) {
      if (Files.isExecutable(place)) {
        return place.toAbsolutePath();
      }
    }
    throw new IOException("e2e/kubernetes/build is not to be found; run from the checkout");
  }
}
