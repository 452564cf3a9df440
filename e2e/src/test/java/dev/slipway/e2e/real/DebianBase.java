package dev.slipway.e2e.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.cli.Main;
import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A real Debian, made by debootstrap once and kept between runs outside the checkout. It stands in
 * for the bases that people use, because no public registry is in reach of these tests.
 */
final class DebianBase {
  private static final String RELEASE = "bookworm";

  private DebianBase() {}

  /** The root file system as a tar. */
  static Path tar() throws IOException {
    Path cache =
        Path.of(
            System.getenv()
                .getOrDefault(
                    "SLIPWAY_TEST_CACHE",
                    System.getProperty("user.home") + "/.cache/slipway-tests"));
    Path tar = Files.createDirectories(cache).resolve("debian-" + RELEASE + ".tar");
    if (!Files.exists(tar)) {
      Path root = Files.createTempDirectory(cache, "debootstrap-");
      Path unfinished = cache.resolve("debian-" + RELEASE + "." + ProcessHandle.current().pid());
      Programs.run("debootstrap", "--variant=minbase", RELEASE, root.toString());
      Programs.run(
          "tar",
          "-C",
          root.toString(),
          "--exclude=./var/cache/apt/archives/*.deb",
          "--exclude=./dev/*",
          "--numeric-owner",
          "-cf",
          unfinished.toString(),
          ".");
      Files.move(unfinished, tar, StandardCopyOption.ATOMIC_MOVE);
      Programs.run("rm", "-rf", "--one-file-system", root.toString());
    }
    return tar;
  }

  /** Builds the base image with the engine itself and pushes it under every name. */
  static void push(Path work, Path login, String host, String... names) throws IOException {
    Path context = Files.createDirectories(work.resolve("debian"));
    Path link = context.resolve("rootfs.tar");
    Files.copy(tar(), link, StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(
        context.resolve("Dockerfile"), "FROM scratch\nADD rootfs.tar /\nCMD [\"/bin/bash\"]\n");
    java.util.List<String> arguments =
        new java.util.ArrayList<>(
            java.util.List.of(
                "build",
                context.toString(),
                "--push",
                "--progress=plain",
                "--root",
                work.resolve("store").toString(),
                "--authfile",
                login.toString()));
    for (String name : names) {
      arguments.add("--tag");
      arguments.add(host + "/library/" + name);
    }
    assertThat(Main.run(arguments.toArray(String[]::new))).isZero();
  }
}
