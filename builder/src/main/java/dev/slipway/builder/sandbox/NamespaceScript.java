package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.Mounts;
import java.util.List;

/**
 * What a step's process does first, in the tiers with namespaces: it makes the merged tree its
 * root, leaves the builder's, and mounts what a program expects.
 *
 * <p>The order matters. Targets of the image's choosing are mounted on once the old root is gone,
 * so that no link leads there, and before {@code /proc} is, whose magic links lead anywhere.
 */
final class NamespaceScript {
  private static final long PRIVATE = Mounts.MS_REC | Mounts.MS_PRIVATE;
  private static final long QUIET = Mounts.MS_NOSUID | Mounts.MS_NODEV;
  private static final long SILENT = QUIET | Mounts.MS_NOEXEC;

  /** Device nodes that every container has; bound, as a user namespace may not make them. */
  static final List<String> DEVICES = List.of("null", "zero", "full", "random", "urandom", "tty");

  /** What the OCI runtime specification's default hides: they tell of the machine, or change it. */
  private static final List<String> MASKED_FILES =
      List.of(
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/interrupts");

  private static final List<String> MASKED_DIRECTORIES =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");

  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private final ChildScript script;

  NamespaceScript(ChildScript script) {
    this.script = script;
  }

  /** From here on, nothing that is mounted is seen elsewhere. */
  void privately() {
    script.mount("none", "/", null, PRIVATE, null);
  }

  /**
   * Makes a detached mount the root.
   *
   * @param place an existing directory to attach it at; in this process's own namespace only
   * @param pivot false where a seccomp profile forbids pivot_root: then the old root stays, buried
   *     below the new one
   */
  void root(int rootfs, String place, boolean pivot) {
    script.attach(rootfs, place);
    script.changeDirectory(place);
    if (pivot) {
      // The old root lands on top of the new one, from where it is taken away.
      script.pivotRoot(".", ".");
      script.unmount(".", Mounts.MNT_DETACH);
    } else {
      script.move(".", "/");
      script.changeRoot(".");
    }
    script.changeDirectory("/");
    script.umask(0);
  }

  /**
   * @param devices detached mounts of {@link #DEVICES}, in their order
   * @param terminals whether the group of terminals exists here
   */
  void devices(List<Integer> devices, long shmSize, boolean terminals) {
    script.mount(
        "tmpfs", "/dev", "tmpfs", Mounts.MS_NOSUID | Mounts.MS_NODEV, "mode=755,size=65536k");
    for (int i = 0; i < DEVICES.size(); i++) {
      String path = "/dev/" + DEVICES.get(i);
      script.makeFile(path, 0666);
      script.attach(devices.get(i), path);
    }
    script.makeDirectory("/dev/pts", 0755);
    script.mount(
        "devpts",
        "/dev/pts",
        "devpts",
        Mounts.MS_NOSUID | Mounts.MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=0620" + (terminals ? ",gid=5" : ""));
    script.makeLink("pts/ptmx", "/dev/ptmx");
    script.makeDirectory("/dev/shm", 01777);
    script.mount("shm", "/dev/shm", "tmpfs", SILENT, "mode=1777,size=" + shmSize);
    script.makeDirectory("/dev/mqueue", 01777);
    script.tolerating().mount("mqueue", "/dev/mqueue", "mqueue", SILENT, null);
    script.makeLink("/proc/self/fd", "/dev/fd");
    script.makeLink("/proc/self/fd/0", "/dev/stdin");
    script.makeLink("/proc/self/fd/1", "/dev/stdout");
    script.makeLink("/proc/self/fd/2", "/dev/stderr");
  }

  /** A mount of the step, at a place that exists or is made inside an earlier mount. */
  void attach(Attachment attachment) {
    if (attachment.nested()) {
      String path = "";
      List<String> names = MountPoints.components(attachment.target());
      for (int i = 0; i < names.size(); i++) {
        path += "/" + names.get(i);
        script.tolerating();
        if (i < names.size() - 1 || attachment.directory()) {
          script.makeDirectory(path, 0755);
        } else {
          script.makeFile(path, 0644);
        }
      }
    }
    switch (attachment.what()) {
      case Attachment.Tree(var mount) -> script.attach(mount.number(), attachment.target());
      case Attachment.Memory(long size) ->
          script.mount(
              "tmpfs",
              attachment.target(),
              "tmpfs",
              QUIET,
              "mode=1777" + (size > 0 ? ",size=" + size : ""));
    }
  }

  /**
   * Makes a {@code /proc} of the new PID namespace, for later: in a user namespace the kernel
   * mounts one only where a full one can be seen, so before the old root goes.
   *
   * @param place an existing directory to mount it on meanwhile
   */
  ChildScript.Result proc(String place) {
    script.mount("proc", place, "proc", SILENT, null);
    return script.copyTree(place);
  }

  /** A fork bomb ends here, if not at the pod's own limit. Since Linux 6.14 per PID namespace. */
  void processLimit(int count) {
    script.tolerating().write("/proc/sys/kernel/pid_max", Integer.toString(count));
  }

  /** Hides what tells of the machine, and write-protects what changes it. */
  void masks() {
    for (String path : MASKED_FILES) {
      script.tolerating(Errno.ENOENT).mount("/dev/null", path, null, Mounts.MS_BIND, null);
    }
    for (String path : MASKED_DIRECTORIES) {
      script
          .tolerating(Errno.ENOENT)
          .mount("tmpfs", path, "tmpfs", SILENT | Mounts.MS_RDONLY, null);
    }
    for (String path : READ_ONLY) {
      script.tolerating(Errno.ENOENT);
      script.mount(path, path, null, Mounts.MS_BIND | Mounts.MS_REC, null);
      script.tolerating(Errno.ENOENT);
      script.mount(
          "none", path, null, Mounts.MS_BIND | Mounts.MS_REMOUNT | Mounts.MS_RDONLY | SILENT, null);
    }
  }
}
