package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Mounts;
import dev.slipway.builder.linux.Stat;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One overlay mount in the mount namespace of the builder, in a scratch directory. */
final class Overlay implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Overlay.class);

  private static final String UPPER = "upper";
  private static final String WORK = "work";
  private static final String MERGED = "merged";

  /**
   * userxattr: the marks are xattrs that a user namespace may write, so that every tier reads the
   * same store. index=off: the same lower layers serve many mounts. volatile: never wait for the
   * disk; a half-built layer is of no use after a power cut anyway.
   */
  private static final String OPTIONS = "userxattr,index=off";

  private final MountNamespace namespace;
  private final Path scratch;
  private final Dir dir;
  private boolean closed;

  private Overlay(MountNamespace namespace, Path scratch, Dir dir) {
    this.namespace = namespace;
    this.scratch = scratch;
    this.dir = dir;
  }

  static Overlay writable(
      MountNamespace namespace, StagedFiles staged, List<Path> layers, Path scratch)
      throws LinuxException {
    List<Path> lowers = distinct(layers);
    try (Dir root = Dir.open(scratch)) {
      root.mkdir(MERGED, 0755);
      root.mkdir(UPPER, 0755);
      root.mkdir(WORK, 0700);
      likeTheTop(root, lowers);
    }
    Map<String, Path> links = links(lowers);
    links.put(UPPER, scratch.resolve(UPPER));
    links.put(WORK, scratch.resolve(WORK));
    String options = OPTIONS + ",volatile,upperdir=" + UPPER + ",workdir=" + WORK;
    return mount(namespace, staged, scratch, links, Math.max(1, lowers.size()), options);
  }

  static Overlay readOnly(
      MountNamespace namespace, StagedFiles staged, List<Path> layers, Path scratch)
      throws LinuxException {
    List<Path> lowers = distinct(layers);
    try (Dir root = Dir.open(scratch)) {
      root.mkdir(MERGED, 0755);
    }
    // Without an upper directory overlay wants two lower ones.
    return mount(namespace, staged, scratch, links(lowers), Math.max(2, lowers.size()), OPTIONS);
  }

  /** The root of the merged tree takes its attributes from the upper directory. */
  private static void likeTheTop(Dir root, List<Path> lowers) throws LinuxException {
    root.chmod(UPPER, 0755);
    if (lowers.isEmpty()) {
      return;
    }
    try (Dir top = Dir.open(lowers.getLast())) {
      Stat stat = top.lstat("");
      try {
        root.chown(UPPER, stat.uid(), stat.gid());
      } catch (LinuxException e) {
        // An owner that this user namespace does not map cannot be given away either.
        if (e.errno() != Errno.EINVAL) {
          throw e;
        }
      }
      root.chmod(UPPER, stat.mode());
      root.setTimes(UPPER, stat.mtimeSeconds(), stat.mtimeNanos());
    }
  }

  /**
   * Overlay refuses one directory twice. Whatever a layer holds or hides, its topmost occurrence
   * holds and hides above all others, so those below it show nowhere.
   */
  private static List<Path> distinct(List<Path> lowers) {
    return List.copyOf(new LinkedHashSet<>(lowers.reversed())).reversed();
  }

  private static Map<String, Path> links(List<Path> lowers) {
    Map<String, Path> links = new HashMap<>();
    for (Path lower : lowers) {
      links.put(Integer.toString(links.size()), lower);
    }
    return links;
  }

  /**
   * Mounts by numbered links: their short names keep hundreds of layers below the one page that
   * mount(2) takes, and need no escapes whatever the layers' paths hold.
   */
  private static Overlay mount(
      MountNamespace namespace,
      StagedFiles staged,
      Path scratch,
      Map<String, Path> links,
      int lowers,
      String options)
      throws LinuxException {
    StringBuilder data = new StringBuilder(options).append(",lowerdir=");
    for (int i = lowers - 1; i >= 0; i--) {
      data.append(i).append(i == 0 ? "" : ":");
    }
    Path merged = scratch.resolve(MERGED).toAbsolutePath();
    try (StagedFiles.Links farm = staged.links(links, lowers)) {
      Dir dir =
          namespace.call(() -> {
            Mounts.changeDirectory(farm.path());
            try {
              Mounts.mount("overlay", merged.toString(), "overlay", 0, data.toString());
            } finally {
              Mounts.changeDirectory("/");
            }
            try {
              return Dir.open(merged);
            } catch (LinuxException e) {
              Mounts.unmount(merged.toString(), Mounts.MNT_DETACH);
              throw e;
            }
          });
      return new Overlay(namespace, scratch, dir);
    }
  }

  Dir dir() {
    return dir;
  }

  Path upper() {
    return scratch.resolve(UPPER);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    dir.close();
    String merged = scratch.resolve(MERGED).toAbsolutePath().toString();
    try {
      namespace.run(() -> Mounts.unmount(merged, Mounts.MNT_DETACH));
    } catch (LinuxException e) {
      // Only our own namespace ever had this mount, and it ends with the process.
      LOG.warn("cannot unmount a view: {}", e.getMessage());
    }
  }
}
