package dev.slipway.e2e.cluster.node;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How a container's root directory is put together: this machine's own directories, and the volumes
 * at their mount paths, whether or not this machine has such a path.
 *
 * <p>A directory in which a mount point has to be made is <em>shadowed</em>: it becomes a directory
 * in memory into which all that it holds here is bound. So nothing is ever made on this machine,
 * and an ordinary user can do it too: in a user namespace, an overlay over {@code /} could not be
 * written to where the directory belongs to the real root.
 *
 * @param script sets the root up below the directory it is run in
 */
record RootPlan(String script) {

  /** A volume at its place; {@code target} is absolute and need not exist on this machine. */
  record Bind(Path source, Path target, boolean readOnly) {}

  /** Device nodes that every container has. */
  private static final List<String> DEVICES =
      List.of("null", "zero", "full", "random", "urandom", "tty", "fuse");

  static RootPlan of(List<Bind> binds) throws IOException {
    TreeMap<Path, Bind> targets = new TreeMap<>();
    for (Bind bind : binds) {
      Path target = canonical(bind.target());
      targets.put(target, new Bind(bind.source(), target, bind.readOnly()));
    }
    Set<Path> shadowed = new TreeSet<>();
    shadowed.add(Path.of("/"));
    for (Path target : targets.keySet()) {
      for (Path dir = target.getParent(); dir != null; dir = dir.getParent()) {
        // Inside of another volume the mount point is made in that volume.
        if (dir.equals(Path.of("/dev")) || enclosing(targets.keySet(), dir)) {
          continue;
        }
        shadowed.add(dir);
      }
    }
    StringBuilder script = new StringBuilder();
    for (Path dir : shadowed) {
      script.append("mkdir -p ./").append(quoted(relative(dir))).append('\n');
    }
    for (Path dir : shadowed) {
      shadow(dir, shadowed, targets.keySet(), script);
    }
    devices(script);
    for (Bind bind : targets.values()) {
      String target = quoted(relative(bind.target()));
      if (Files.isDirectory(bind.source())) {
        script.append("mkdir -p ").append(target).append('\n');
      } else {
        script
            .append("mkdir -p \"$(dirname ")
            .append(target)
            .append(")\"; : >>")
            .append(target)
            .append('\n');
      }
      script
          .append("mount --rbind ")
          .append(quoted(bind.source().toString()))
          .append(' ')
          .append(target)
          .append('\n');
      if (bind.readOnly()) {
        script.append("mount -o remount,bind,ro ").append(target).append('\n');
      }
    }
    return new RootPlan(script.toString());
  }

  private static boolean enclosing(Set<Path> targets, Path dir) {
    return targets.stream().anyMatch(dir::startsWith);
  }

  /** Binds what {@code dir} holds, one mount an entry; what is shadowed or a target comes later. */
  private static void shadow(Path dir, Set<Path> shadowed, Set<Path> targets, StringBuilder script)
      throws IOException {
    List<String> directories = new ArrayList<>();
    List<String> files = new ArrayList<>();
    if (Files.isDirectory(dir, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(dir)) {
        for (Path entry : entries) {
          String name = quoted(relative(entry));
          boolean special =
              shadowed.contains(entry)
                  || targets.contains(entry)
                  || entry.equals(Path.of("/proc"))
                  || entry.equals(Path.of("/dev"));
          if (special) {
            continue;
          }
          if (Files.isSymbolicLink(entry)) {
            String target = quoted(Files.readSymbolicLink(entry).toString());
            script.append("ln -s ").append(target).append(' ').append(name).append('\n');
          } else if (Files.isDirectory(entry)) {
            directories.add(name);
          } else {
            files.add(name);
          }
        }
      }
    }
    if (!directories.isEmpty()) {
      script.append("mkdir -p ").append(String.join(" ", directories)).append('\n');
    }
    if (!files.isEmpty()) {
      script.append("touch ").append(String.join(" ", files)).append('\n');
    }
    directories.addAll(files);
    for (String name : directories) {
      // What may not be bound (another user's FUSE mount, say) is simply not there.
      script
          .append("mount --rbind /")
          .append(name)
          .append(' ')
          .append(name)
          .append(" 2>/dev/null || :\n");
    }
  }

  private static void devices(StringBuilder script) {
    script.append("mkdir -p proc dev/pts dev/shm\n");
    script.append("mount -t proc proc proc 2>/dev/null || mount --rbind /proc proc\n");
    script.append("mount --rbind /dev/pts dev/pts 2>/dev/null || :\n");
    script.append("ln -s pts/ptmx dev/ptmx\n");
    script.append("ln -s /proc/self/fd dev/fd\n");
    script.append("ln -s /proc/self/fd/0 dev/stdin\n");
    script.append("ln -s /proc/self/fd/1 dev/stdout\n");
    script.append("ln -s /proc/self/fd/2 dev/stderr\n");
    for (String device : DEVICES) {
      if (Files.exists(Path.of("/dev", device))) {
        script.append("touch dev/%1$s; mount --bind /dev/%1$s dev/%1$s\n".formatted(device));
      }
    }
  }

  /** The path with the symbolic links of this machine resolved, as far as it exists. */
  private static Path canonical(Path path) throws IOException {
    Path normal = path.normalize();
    for (Path existing = normal; existing != null; existing = existing.getParent()) {
      if (Files.exists(existing)) {
        return existing.toRealPath().resolve(existing.relativize(normal)).normalize();
      }
    }
    return normal;
  }

  private static String relative(Path path) {
    return path.toString().substring(1);
  }

  /** One word of a shell script. */
  static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }
}
