package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Descriptor;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Mounts;
import dev.slipway.builder.linux.OpenFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Files that are mounted into steps and exist only in memory: {@code /etc/hosts}, secrets, sockets.
 * They lie in a tmpfs that nobody but the builder's mount namespace sees.
 */
final class StagedFiles {
  /** Directories that stay empty, to stand in for layers. */
  private static final List<String> EMPTY = List.of("empty0", "empty1");

  private final MountNamespace namespace;
  private final Path place;
  private final Dir dir;
  private final boolean mayChown;
  private final AtomicLong names = new AtomicLong();

  private StagedFiles(MountNamespace namespace, Path place, Dir dir, boolean mayChown) {
    this.namespace = namespace;
    this.place = place;
    this.dir = dir;
    this.mayChown = mayChown;
  }

  /**
   * @param place an existing directory to mount on
   */
  static StagedFiles mount(MountNamespace namespace, Path place, boolean mayChown)
      throws LinuxException {
    return namespace.call(() -> {
      String target = place.toString();
      long flags = Mounts.MS_NOSUID | Mounts.MS_NODEV;
      Mounts.mount("staged", target, "tmpfs", flags, "mode=700");
      Dir dir = Dir.open(place);
      for (String empty : EMPTY) {
        dir.mkdir(empty, 0755);
      }
      return new StagedFiles(namespace, place, dir, mayChown);
    });
  }

  /** What one step has staged; gone once it is closed. */
  final class Batch implements AutoCloseable {
    private final List<String> files = new ArrayList<>();
    private final List<AutoCloseable> sockets = new ArrayList<>();

    /** A detached read-only mount of a new file. */
    Descriptor text(String content) throws LinuxException {
      return file(content.getBytes(StandardCharsets.UTF_8), 0644, 0, 0);
    }

    Descriptor file(byte[] content, int mode, int uid, int gid) throws LinuxException {
      String name = newName();
      try (OpenFile file = dir.create(name, 0600)) {
        file.write(content, 0, content.length);
        own(name, mode, uid, gid);
      }
      Descriptor mount = namespace.call(() -> Mounts.copyTree(dir, name));
      // Only the script of a RUN <<EOF with #! is to be executed.
      long exec = (mode & 0111) == 0 ? Mounts.ATTR_NOEXEC : 0;
      Mounts.setAttributes(mount, Mounts.ATTR_RDONLY | exec, "a file of the step");
      return mount;
    }

    /** A detached mount of a socket that leads to an agent. */
    Descriptor socket(Agent agent, int mode, int uid, int gid) throws LinuxException {
      String name = newName();
      sockets.add(AgentSocket.open(dir, name, agent));
      own(name, mode, uid, gid);
      return namespace.call(() -> Mounts.copyTree(dir, name));
    }

    private void own(String name, int mode, int uid, int gid) throws LinuxException {
      dir.chmod(name, mode);
      if (mayChown) {
        dir.chown(name, uid, gid);
      }
    }

    private String newName() {
      String name = Long.toString(names.incrementAndGet());
      files.add(name);
      return name;
    }

    @Override
    public void close() throws LinuxException {
      for (AutoCloseable socket : sockets) {
        try {
          socket.close();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
      for (String file : files) {
        if (dir.find(file) != null) {
          dir.unlink(file);
        }
      }
    }
  }

  /** A directory of symbolic links, to be deleted when it has served. */
  final class Links implements AutoCloseable {
    private final String name = Long.toString(names.incrementAndGet());

    private Links() throws LinuxException {
      dir.mkdir(name, 0700);
    }

    /** Where it is, for the thread in the mount namespace. */
    String path() {
      return place.resolve(name).toString();
    }

    @Override
    public void close() throws LinuxException {
      dir.deleteRecursively(name);
    }
  }

  /**
   * @param links by name
   * @param numbered so many names from 0 on are there in any case, of empty directories if need be
   */
  Links links(Map<String, Path> links, int numbered) throws LinuxException {
    Links farm = new Links();
    try (Dir at = dir.openDir(farm.name)) {
      for (Map.Entry<String, Path> link : links.entrySet()) {
        at.symlink(link.getValue().toAbsolutePath().toString(), link.getKey());
      }
      Iterator<String> empty = EMPTY.iterator();
      for (int i = 0; i < numbered; i++) {
        if (!links.containsKey(Integer.toString(i))) {
          at.symlink(place.resolve(empty.next()).toString(), Integer.toString(i));
        }
      }
    }
    return farm;
  }

  Batch batch() {
    return new Batch();
  }

  void close() {
    dir.close();
  }
}
