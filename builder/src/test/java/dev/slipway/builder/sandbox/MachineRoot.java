package dev.slipway.builder.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A small root file system of this machine's own shell, tools and libraries. */
final class MachineRoot {
  private static final List<String> TOOLS =
      List.of(
          "sh",
          "cat",
          "chmod",
          "chown",
          "cp",
          "dd",
          "env",
          "head",
          "id",
          "kill",
          "ln",
          "ls",
          "mkdir",
          "mknod",
          "mount",
          "mv",
          "nohup",
          "readlink",
          "rm",
          "rmdir",
          "setpriv",
          "setsid",
          "sleep",
          "stat",
          "sync",
          "tail",
          "touch",
          "tr",
          "true",
          "unshare",
          "umount",
          "wc",
          "yes",
          "grep",
          "sort",
          "seq",
          "uname",
          "bash",
          "chroot",
          "perl",
          "su");

  private MachineRoot() {}

  static void make(Path root) throws IOException {
    for (String dir : List.of("bin", "etc", "tmp", "root", "proc", "sys", "dev", "var", "usr")) {
      Files.createDirectories(root.resolve(dir));
    }
    root.resolve("tmp").toFile().setWritable(true, false);
    Files.writeString(root.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
    Files.writeString(root.resolve("etc/group"), "root:x:0:\n");
    Files.writeString(root.resolve("etc/resolv.conf"), "");
    Files.writeString(root.resolve("etc/hosts"), "");
    Set<Path> libraries = new LinkedHashSet<>();
    for (String tool : TOOLS) {
      Optional<Path> found = find(tool);
      if (found.isPresent()) {
        copy(found.get(), root.resolve("bin").resolve(tool));
        libraries.addAll(libraries(found.get()));
      }
    }
    for (Path library : libraries) {
      copy(library, root.resolve(library.toString().substring(1)));
    }
  }

  static Optional<Path> find(String tool) {
    for (String dir : List.of("/bin", "/usr/bin", "/sbin", "/usr/sbin")) {
      Path path = Path.of(dir, tool);
      if (Files.isExecutable(path)) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(
        from.toRealPath(),
        to,
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static Set<Path> libraries(Path program) throws IOException {
    Process ldd = new ProcessBuilder("ldd", program.toString()).start();
    String text = new String(ldd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Set<Path> libraries = new LinkedHashSet<>();
    for (String word : text.split("\\s+", -1)) {
      if (word.startsWith("/") && Files.isRegularFile(Path.of(word))) {
        libraries.add(Path.of(word));
      }
    }
    return libraries;
  }
}
