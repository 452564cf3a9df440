package dev.slipway.e2e.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.cli.Main;
import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A real Debian, made by debootstrap once and kept between runs outside the checkout. It stands in
 * for the bases that people use, because no public registry is in reach of these tests. Its apt
 * gets its packages from where this machine gets its own.
 */
final class DebianBase {
  private DebianBase() {}

  /** The root file system as a tar, without what is particular to this machine. */
  private static Path tar(Machine machine) throws IOException {
    Path cache = Files.createDirectories(TestCache.directory());
    Path tar = cache.resolve("debian-" + machine.release() + ".tar");
    if (!Files.exists(tar)) {
      Path root = Files.createTempDirectory(cache, "debootstrap-");
      Path unfinished = cache.resolve(tar.getFileName() + "." + ProcessHandle.current().pid());
      List<String> debootstrap =
          new ArrayList<>(
              List.of("debootstrap", "--variant=minbase", machine.release(), root.toString()));
      machine.mirror().ifPresent(debootstrap::add);
      Programs.run(debootstrap.toArray(String[]::new));
      Programs.run(
          "tar",
          "-C",
          root.toString(),
          "--exclude=./var/cache/apt/*",
          "--exclude=./var/lib/apt/lists/*",
          "--exclude=./var/log/*",
          "--exclude=./usr/share/doc/*",
          "--exclude=./usr/share/man/*",
          "--exclude=./usr/share/locale/*",
          "--exclude=./etc/resolv.conf",
          "--exclude=./etc/hostname",
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
    Machine machine = Machine.here();
    Path context = Files.createDirectories(work.resolve("debian"));
    Path tar = context.resolve("rootfs.tar");
    Files.copy(tar(machine), tar, StandardCopyOption.REPLACE_EXISTING);
    machine.configure(context.resolve("machine"));
    slim(context.resolve("machine/etc"));
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM scratch
        ADD rootfs.tar /
        COPY machine /
        CMD ["/bin/bash"]
        """);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "build",
                context.toString(),
                "--push",
                "--progress=plain",
                "--insecure-registry",
                host,
                "--root",
                work.resolve("store").toString(),
                "--authfile",
                login.toString()));
    for (String name : names) {
      arguments.add("--tag");
      arguments.add(host + "/library/" + name);
    }
    assertThat(Main.run(arguments.toArray(String[]::new))).isZero();
    Files.delete(tar);
  }

  /** What the images of Debian on public registries have too: no caches, no manuals, no fsync. */
  private static void slim(Path etc) throws IOException {
    Path apt = Files.createDirectories(etc.resolve("apt/apt.conf.d"));
    Files.writeString(
        apt.resolve("docker-clean"),
        """
        DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
        Dir::Cache::pkgcache "";
        Dir::Cache::srcpkgcache "";
        """);
    Path dpkg = Files.createDirectories(etc.resolve("dpkg/dpkg.cfg.d"));
    Files.writeString(
        dpkg.resolve("slim"),
        """
        force-unsafe-io
        path-exclude /usr/share/doc/*
        path-exclude /usr/share/man/*
        path-exclude /usr/share/locale/*
        """);
  }
}
