package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The mount calls, for the calling thread's mount namespace. The flags are those of mount(2),
 * mount_setattr(2) and umount2(2).
 */
public final class Mounts {
  public static final long MS_RDONLY = 1;
  public static final long MS_NOSUID = 2;
  public static final long MS_NODEV = 4;
  public static final long MS_NOEXEC = 8;
  public static final long MS_REMOUNT = 32;
  public static final long MS_BIND = 4096;
  public static final long MS_REC = 16384;
  public static final long MS_PRIVATE = 1 << 18;
  public static final long MS_SLAVE = 1 << 19;

  public static final int MNT_DETACH = 2;

  public static final long ATTR_RDONLY = 1;
  public static final long ATTR_NOSUID = 2;
  public static final long ATTR_NODEV = 4;
  public static final long ATTR_NOEXEC = 8;

  private static final int CLONE_NEWNS = 0x00020000;
  static final int OPEN_TREE_CLONE = 1;
  static final int OPEN_TREE_CLOEXEC = FileCalls.O_CLOEXEC;
  private static final int AT_RECURSIVE = 0x8000;

  private Mounts() {}

  /**
   * Gives the calling thread, and it alone, a copy of its mount namespace, a root and a working
   * directory of its own. For a platform thread that runs nothing but what belongs there.
   */
  public static void unshareNamespace() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      check("unshare", "the mount namespace", Syscall.UNSHARE.call(state(arena), CLONE_NEWNS));
    }
  }

  /** As mount(2). */
  public static void mount(
      String source, String target, @Nullable String type, long flags, @Nullable String data)
      throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long result =
          Syscall.MOUNT.call(
              state(arena),
              string(arena, source),
              string(arena, target),
              string(arena, type),
              flags,
              string(arena, data));
      check("mount", (type == null ? source : type) + " on " + target, result);
    }
  }

  /** As umount2(2). */
  public static void unmount(String target, int flags) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      check("umount", target, Syscall.UMOUNT2.call(state(arena), string(arena, target), flags));
    }
  }

  /** Changes the calling thread's working directory, which must be its own. */
  public static void changeDirectory(String path) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      check("chdir", path, Syscall.CHDIR.call(state(arena), string(arena, path)));
    }
  }

  /**
   * A detached copy of the mount at an open file or directory, beginning there, with all that is
   * mounted below it. It vanishes when it is closed, unless it was attached by then.
   *
   * @param descriptor opened in the mount namespace of the calling thread
   */
  public static Descriptor copyTree(int descriptor, String label) throws LinuxException {
    return openTree(descriptor, "", FileCalls.AT_EMPTY_PATH | AT_RECURSIVE, label);
  }

  /** As {@link #copyTree(int, String)}, of a name in a directory; a link is itself. */
  public static Descriptor copyTree(Dir directory, String name) throws LinuxException {
    int flags = FileCalls.AT_SYMLINK_NOFOLLOW | AT_RECURSIVE;
    return openTree(directory.descriptor(), name, flags, directory + "/" + name);
  }

  /** As {@link #copyTree(int, String)}, of a path of the machine, links followed. */
  public static Descriptor copyTree(String path) throws LinuxException {
    return openTree(FileCalls.AT_FDCWD, path, AT_RECURSIVE, path);
  }

  private static Descriptor openTree(int directory, String path, int flags, String label)
      throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long all = (flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC) & 0xffff_ffffL;
      long result = Syscall.OPEN_TREE.call(state(arena), directory, string(arena, path), all);
      return new Descriptor((int) check("open_tree", label, result));
    }
  }

  /**
   * Sets attributes of a detached mount and of all mounts below it.
   *
   * @param attributes of {@code ATTR_*}
   */
  public static void setAttributes(Descriptor mount, long attributes, String label)
      throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      // struct mount_attr: attr_set, attr_clr, propagation, userns_fd.
      MemorySegment attr = arena.allocate(32, 8);
      attr.set(ValueLayout.JAVA_LONG, 0, attributes);
      long result =
          Syscall.MOUNT_SETATTR.call(
              state(arena),
              mount.number(),
              string(arena, ""),
              FileCalls.AT_EMPTY_PATH | AT_RECURSIVE,
              attr.address(),
              attr.byteSize());
      check("mount_setattr", label, result);
    }
  }

  private static MemorySegment state(Arena arena) {
    return Native.newState(arena);
  }

  private static long string(Arena arena, @Nullable String text) {
    return text == null ? 0 : Native.cString(arena, FileName.encode(text)).address();
  }

  private static long check(String call, String subject, long result) throws LinuxException {
    if (result < 0) {
      throw new LinuxException(call, subject, (int) -result);
    }
    return result;
  }
}
