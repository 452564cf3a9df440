package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Descriptor;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Mounts;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All that one step has mounted, made ready as detached mounts by the thread in the builder's mount
 * namespace, so that the step's process has only to attach them.
 */
final class StepMounts {
  private final MountNamespace namespace;
  private final StagedFiles.Batch staged;
  private final MountPoints places;
  private final List<Descriptor> open;
  private final List<Attachment> attachments = new ArrayList<>();

  /**
   * @param open gets every descriptor that is opened; the caller closes them
   */
  StepMounts(
      MountNamespace namespace,
      StagedFiles.Batch staged,
      MountPoints places,
      List<Descriptor> open) {
    this.namespace = namespace;
    this.staged = staged;
    this.places = places;
    this.open = open;
  }

  /** In the order of attaching, which is the order of asking. */
  List<Attachment> attachments() {
    return attachments;
  }

  /** Places for what every step has. */
  void kernelFileSystems() throws LinuxException {
    places.ensure("/dev", true);
    places.ensure("/sys", true);
    places.ensure("/proc", true);
  }

  void networkFiles(Command command) throws IOException {
    Optional<String> resolver = NetworkFiles.resolver();
    if (resolver.isPresent()) {
      attach(keep(staged.text(resolver.get())), NetworkFiles.RESOLVER, false);
    }
    attach(keep(staged.text(NetworkFiles.hosts(command))), NetworkFiles.HOSTS, false);
  }

  void of(List<Mount> mounts) throws LinuxException {
    for (Mount mount : mounts) {
      switch (mount) {
        case Mount.Bind(Mount.Source source, String path, String target, boolean readOnly) ->
            bind(source, path, target, readOnly || source instanceof Mount.Source.OfView);
        case Mount.Cache(Path directory, String target, boolean readOnly) ->
            bind(new Mount.Source.Directory(directory), "", target, readOnly);
        case Mount.Tmpfs(String target, long size) ->
            attach(new Attachment.Memory(size), target, true);
        case Mount.Secret(byte[] content, String target, int mode, int uid, int gid) ->
            attach(keep(staged.file(content, mode, uid, gid)), target, false);
        case Mount.SshAgent(Agent agent, String target, int mode, int uid, int gid) ->
            attach(keep(staged.socket(agent, mode, uid, gid)), target, false);
      }
    }
  }

  private void bind(Mount.Source source, String path, String target, boolean readOnly)
      throws LinuxException {
    boolean[] directory = new boolean[1];
    Descriptor tree =
        namespace.call(() ->
            switch (source) {
              case Mount.Source.OfView(View view) -> copy(view.dir(), path, directory);
              case Mount.Source.Directory(Path root) -> {
                try (Dir dir = Dir.open(root)) {
                  yield copy(dir, path, directory);
                }
              }
            });
    open.add(tree);
    // No device of the machine through a mount, whatever nodes the step or a layer makes.
    Mounts.setAttributes(
        tree, Mounts.ATTR_NODEV | (readOnly ? Mounts.ATTR_RDONLY : 0), "the source of " + target);
    attach(new Attachment.Tree(tree), target, directory[0]);
  }

  private static Descriptor copy(Dir root, String path, boolean[] directory) throws LinuxException {
    Stat stat = source(root, path);
    directory[0] = stat.isDirectory();
    if (stat.isDirectory()) {
      try (Dir dir = root.openDir(path)) {
        return Mounts.copyTree(dir.descriptor(), path);
      }
    }
    try (OpenFile file = root.openFile(path)) {
      return Mounts.copyTree(file.descriptor(), path);
    }
  }

  /** What the source of a bind mount is, links followed. */
  static Stat source(Dir root, String path) throws LinuxException {
    try {
      return root.stat(path);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        throw new BuildException(
            ErrorCode.FILE_NOT_FOUND,
            "the source %s of a bind mount does not exist".formatted(path),
            e);
      }
      throw e;
    }
  }

  private void attach(Attachment.What what, String target, boolean directory)
      throws LinuxException {
    MountPoints.Place place = places.ensure(target, directory);
    if (place.path().equals("proc") || place.path().startsWith("proc/")) {
      throw new BuildException(
          ErrorCode.SANDBOX, "cannot mount on %s: /proc is the kernel's".formatted(target));
    }
    attachments.add(new Attachment(what, "/" + place.path(), directory, place.nested()));
  }

  private Attachment.Tree keep(Descriptor mount) {
    open.add(mount);
    return new Attachment.Tree(mount);
  }

  /** The merged tree. */
  Descriptor rootfs(Dir dir, boolean insecure) throws LinuxException {
    Descriptor tree = namespace.call(() -> Mounts.copyTree(dir.descriptor(), "the root"));
    open.add(tree);
    if (!insecure) {
      // A step may make device nodes, and they go into its layer, but it cannot open them: there
      // is no device control group here that would forbid the machine's disks.
      Mounts.setAttributes(tree, Mounts.ATTR_NODEV, "the root");
    }
    return tree;
  }

  List<Integer> devices() throws LinuxException {
    List<Integer> numbers = new ArrayList<>();
    namespace.run(() -> {
      for (String device : NamespaceScript.DEVICES) {
        Descriptor mount = Mounts.copyTree("/dev/" + device);
        open.add(mount);
        numbers.add(mount.number());
      }
    });
    return numbers;
  }

  /** The builder's own, with its control groups: how programs learn how much memory there is. */
  Descriptor sysfs() throws LinuxException {
    Descriptor tree = namespace.call(() -> Mounts.copyTree("/sys"));
    open.add(tree);
    Mounts.setAttributes(
        tree,
        Mounts.ATTR_RDONLY | Mounts.ATTR_NOSUID | Mounts.ATTR_NODEV | Mounts.ATTR_NOEXEC,
        "/sys");
    return tree;
  }

  /** The builder's own, where a new one cannot be mounted. */
  Descriptor proc() throws LinuxException {
    Descriptor tree = namespace.call(() -> Mounts.copyTree("/proc"));
    open.add(tree);
    return tree;
  }
}
