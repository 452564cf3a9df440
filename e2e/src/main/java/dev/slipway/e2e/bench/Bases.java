package dev.slipway.e2e.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The images that builds start from: a Debian (165 MB), a Debian with a C compiler (365 MB), and
 * one of 1 GB in six layers. Made once and kept as the data of a registry. Slipway packs them, with
 * gzip at its usual level; all engines pull the same bytes.
 */
final class Bases {
  static final String DEBIAN = "bases/debian:12";
  static final String COMPILER = "bases/compiler:12";
  static final String LARGE = "bases/large:1";

  private static final int LARGE_LAYERS = 5;
  private static final int LARGE_FILES = 40;

  private final Path cache;
  private final Path slipway;

  /**
   * @param cache outlives a run
   * @param slipway the launcher
   */
  Bases(Path cache, Path slipway) {
    this.cache = cache;
    this.slipway = slipway;
  }

  /** The data of a registry that has the bases and nothing else; not to be written to. */
  Path registryData() throws IOException, InterruptedException {
    Path finished = cache.resolve("registry");
    if (Files.exists(finished)) {
      return finished;
    }
    Path work = Files.createTempDirectory(cache, "making-");
    Path data = Files.createDirectories(work.resolve("registry"));
    try (LocalRegistry registry = new LocalRegistry(work, data)) {
      push(work, registry.host(), DEBIAN, List.of(debian("debian")));
      push(work, registry.host(), COMPILER, List.of(debian("compiler", "--include=gcc,libc6-dev")));
      push(work, registry.host(), LARGE, large(work));
    }
    Files.move(data, finished, StandardCopyOption.ATOMIC_MOVE);
    delete(work);
    return finished;
  }

  private void push(Path work, String host, String image, List<Path> layers)
      throws IOException, InterruptedException {
    System.err.println("making " + image);
    Path context = Files.createDirectories(work.resolve(image.replaceAll("[:/]", "-")));
    StringBuilder dockerfile = new StringBuilder("FROM scratch\n");
    for (Path layer : layers) {
      Files.copy(layer, context.resolve(layer.getFileName()));
      dockerfile.append("ADD ").append(layer.getFileName()).append(" /\n");
    }
    Files.writeString(context.resolve("Dockerfile"), dockerfile.append("CMD [\"bash\"]\n"));
    Program.of(
            slipway.toString(),
            "build",
            "--root=" + work.resolve("store"),
            "--insecure-registry=" + host,
            "--tag=" + host + "/" + image,
            "--push",
            context.toString())
        .with("SOURCE_DATE_EPOCH", "1700000000")
        .run();
  }

  private Path debian(String name, String... options) throws IOException, InterruptedException {
    Path tar = cache.resolve(name + ".tar");
    if (Files.exists(tar)) {
      return tar;
    }
    System.err.println("debootstrap: " + name);
    Path root = Files.createTempDirectory(cache, "debootstrap-");
    Path unfinished = cache.resolve(name + "." + ProcessHandle.current().pid());
    List<String> words = new ArrayList<>(List.of("debootstrap", "--variant=minbase"));
    words.addAll(List.of(options));
    words.addAll(List.of("bookworm", root.toString()));
    Program.of(words.toArray(String[]::new)).run();
    Program.of(
            "tar",
            "-C",
            root.toString(),
            "--exclude=./var/cache/apt/archives/*.deb",
            "--exclude=./dev/*",
            "--numeric-owner",
            "--sort=name",
            "-cf",
            unfinished.toString(),
            ".")
        .run();
    Files.move(unfinished, tar, StandardCopyOption.ATOMIC_MOVE);
    delete(root);
    return tar;
  }

  /** A Debian, and above it layers of 160 MB, of which half compresses. */
  private List<Path> large(Path work) throws IOException, InterruptedException {
    List<Path> layers = new ArrayList<>();
    layers.add(debian("debian"));
    for (int layer = 0; layer < LARGE_LAYERS; layer++) {
      Path files = Files.createDirectories(work.resolve("large").resolve("opt/" + layer));
      for (int file = 0; file < LARGE_FILES; file++) {
        halfRandom(files.resolve("file" + file), new Random(layer * 1000L + file));
      }
      Path tar = work.resolve("large" + layer + ".tar");
      Program.of(
              "tar",
              "-C",
              work.resolve("large").toString(),
              "--numeric-owner",
              "--owner=0",
              "--group=0",
              "--mtime=@1700000000",
              "--sort=name",
              "-cf",
              tar.toString(),
              "opt/" + layer)
          .run();
      layers.add(tar);
    }
    return layers;
  }

  private static void halfRandom(Path file, Random random) throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < 1024; i++) {
        random.nextBytes(block);
        if (i % 2 == 0) {
          for (int k = 0; k < block.length; k++) {
            block[k] = (byte) ('a' + (block[k] & 3));
          }
        }
        out.write(block);
      }
    }
  }

  static void delete(Path directory) throws IOException, InterruptedException {
    Program.of("rm", "-rf", "--one-file-system", directory.toString()).run();
  }
}
