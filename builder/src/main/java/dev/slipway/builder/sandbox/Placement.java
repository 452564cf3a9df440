package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a step finds besides its layers, where nothing can be mounted: each thing is moved to its
 * place, what was there is kept aside, and afterwards both are moved back. So none of it is ever a
 * change of the step.
 */
final class Placement implements AutoCloseable {
  private final Dir root;
  private final Dir aside;
  private final MountPoints points;
  private final List<Placed> placed = new ArrayList<>();
  private final List<AgentSocket> relays = new ArrayList<>();
  private int names;
  private boolean kernelPlaced;

  Placement(RootTree tree) {
    this.root = tree.root();
    this.aside = tree.aside();
    this.points = new MountPoints(root);
  }

  /**
   * Something in its place.
   *
   * @param asked the target as it was asked for
   * @param path where it is, below the root
   * @param covered under which name what was there is kept
   * @param home where it goes back to; empty if it is dropped
   * @param self what it is, while it is there
   * @param above the parent before and after
   * @param stubs how many places had been made before this one
   */
  private record Placed(
      String asked,
      String path,
      String covered,
      Optional<Home> home,
      Stat self,
      Parent above,
      int stubs) {}

  private record Parent(Stat before, Stat after) {}

  private record Home(Path directory, String name) {}

  /** What every step has. */
  void kernelFileSystems() throws IOException {
    String dev = newName();
    DeviceFiles.dev(aside, dev);
    put(dev, "/dev", true);
    String sys = newName();
    DeviceFiles.sys(aside, sys);
    put(sys, "/sys", true);
    String proc = newName();
    DeviceFiles.proc(aside, proc);
    put(proc, "/proc", true);
    kernelPlaced = true;
  }

  void networkFiles(Command command) throws IOException {
    Optional<String> resolver = NetworkFiles.resolver();
    if (resolver.isPresent()) {
      text(resolver.get(), NetworkFiles.RESOLVER);
    }
    String names = command.hostname() + " " + NetworkFiles.machine();
    text(NetworkFiles.hosts(command, names), NetworkFiles.HOSTS);
  }

  private void text(String content, String target) throws LinuxException {
    file(content.getBytes(StandardCharsets.UTF_8), target, 0644, 0, 0);
  }

  private void file(byte[] content, String target, int mode, int uid, int gid)
      throws LinuxException {
    String name = newName();
    PlainFiles.write(aside, name, content, mode, uid, gid);
    put(name, target, false);
  }

  /** The mounts of a step, in their order. */
  void of(List<Mount> mounts) throws IOException {
    for (Mount mount : mounts) {
      switch (mount) {
        case Mount.Bind(Mount.Source.OfView(View view), String path, String target, boolean _) ->
            copy(view.dir(), path, target);
        case Mount.Bind(
                Mount.Source.Directory(Path from),
                String path,
                String target,
                boolean ro) ->
            bind(from, path, target, ro);
        case Mount.Cache(Path directory, String target, boolean readOnly) ->
            bind(directory, "", target, readOnly);
        case Mount.Tmpfs(String target, long _) -> {
          String name = newName();
          aside.mkdir(name, 0700);
          aside.chmod(name, 01777);
          put(name, target, true);
        }
        case Mount.Secret(byte[] content, String target, int mode, int uid, int gid) ->
            file(content, target, mode, uid, gid);
        case Mount.SshAgent(Agent agent, String target, int mode, int uid, int gid) -> {
          String name = newName();
          relays.add(AgentSocket.open(aside, name, agent));
          aside.chmod(name, mode);
          aside.chown(name, uid, gid);
          put(name, target, false);
        }
      }
    }
  }

  /** What may not be written to is copied; what may is moved here and, after the step, back. */
  private void bind(Path from, String path, String target, boolean readOnly) throws IOException {
    if (readOnly) {
      try (Dir dir = Dir.open(from)) {
        copy(dir, path, target);
      }
      return;
    }
    Path source = from.resolve(path).toAbsolutePath().normalize();
    Home home =
        new Home(
            Objects.requireNonNull(source.getParent(), "the root of the machine"),
            source.getFileName().toString());
    try (Dir parent = Dir.open(home.directory)) {
      boolean directory = parent.lstat(home.name).isDirectory();
      put(parent, home.name, target, directory, Optional.of(home));
    }
  }

  private void copy(Dir from, String path, String target) throws IOException {
    Stat stat = StepMounts.source(from, path);
    String name = newName();
    PlainFiles.copy(from, path, stat, aside, name);
    put(name, target, stat.isDirectory());
  }

  private void put(String name, String target, boolean directory) throws LinuxException {
    put(aside, name, target, directory, Optional.empty());
  }

  private void put(Dir from, String name, String target, boolean directory, Optional<Home> home)
      throws LinuxException {
    int stubs = points.made();
    MountPoints.Place place = points.ensure(target, directory);
    String path = place.path();
    if (kernelPlaced && (path.equals("proc") || path.startsWith("proc/"))) {
      throw new BuildException(
          ErrorCode.SANDBOX, "cannot mount on %s: /proc is the kernel's".formatted(target));
    }
    if (place.nested() && root.find(path) == null) {
      makeNested(path, directory);
    }
    String parent = parent(path);
    String covered = newName();
    Stat before = root.lstat(parent);
    root.rename(path, aside, covered);
    try {
      from.rename(name, root, path);
    } catch (LinuxException e) {
      aside.rename(covered, root, path);
      if (e.errno() == Errno.EXDEV) {
        throw new BuildException(
            ErrorCode.SANDBOX,
            "cannot move what is mounted on %s into the step: it is on another file system than"
                    .formatted(target)
                + " the step; keep all of the builder's state (--root) on one",
            e);
      }
      throw e;
    }
    placed.add(
        new Placed(
            target,
            path,
            covered,
            home,
            root.lstat(path),
            new Parent(before, root.lstat(parent)),
            stubs));
  }

  /** Inside something that was placed before, and stays there with it. */
  private void makeNested(String path, boolean directory) throws LinuxException {
    if (directory) {
      root.mkdirs(path, 0755);
    } else {
      root.mkdirs(parent(path), 0755);
      root.create(path, 0644).close();
    }
  }

  /**
   * Undoes it all.
   *
   * @return the target of a mount that is not as it was placed, so that the kernel would not have
   *     let the step do what it did
   */
  Optional<String> undo() throws IOException {
    for (AgentSocket relay : relays) {
      relay.close();
    }
    relays.clear();
    Optional<String> disturbed = Optional.empty();
    for (Placed one : placed.reversed()) {
      if (!undo(one)) {
        disturbed = Optional.of(one.asked);
      }
      points.remove(one.stubs);
    }
    placed.clear();
    points.remove();
    for (DirEntry left : aside.list()) {
      aside.deleteRecursively(left.name());
    }
    return disturbed;
  }

  private boolean undo(Placed one) throws LinuxException {
    Stat now = root.find(one.path);
    if (now == null || now.ino() != one.self.ino() || now.type() != one.self.type()) {
      return false;
    }
    Stat parent = root.lstat(parent(one.path));
    if (one.home.isPresent()) {
      try (Dir home = Dir.open(one.home.get().directory)) {
        root.rename(one.path, home, one.home.get().name);
      }
    } else {
      root.deleteRecursively(one.path);
    }
    aside.rename(one.covered, root, one.path);
    Stat time = sameTime(parent, one.above.after) ? one.above.before : parent;
    root.setTimes(parent(one.path), time.mtimeSeconds(), time.mtimeNanos());
    // Of a file with another name, say a secret, that name would be a change of the step.
    return now.isDirectory() || now.nlink() == one.self.nlink();
  }

  /** After {@link #undo} it does nothing; before, it at least gives back what is not the step's. */
  @Override
  public void close() throws IOException {
    var _ = undo();
  }

  private String newName() {
    return Integer.toString(names++);
  }

  private static boolean sameTime(Stat a, Stat b) {
    return a.mtimeSeconds() == b.mtimeSeconds() && a.mtimeNanos() == b.mtimeNanos();
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }
}
