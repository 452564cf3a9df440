package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Extended attributes by descriptor, and by name in a directory without following a link.
 *
 * <p>The kernel has had {@code *xattrat} only since 6.13. Before it, {@code /proc/self/fd/N/name}
 * is as exact: the descriptor is a fixed start, and the l-calls do not follow {@code name}.
 */
final class XattrCalls {
  private XattrCalls() {}

  static Xattrs at(Dir root, String path) throws LinuxException {
    if (path.isEmpty()) {
      try {
        return ofDescriptor(root.descriptor(), root.toString());
      } catch (LinuxException e) {
        // An O_PATH descriptor is only good for finding things.
        if (e.errno() != Errno.EBADF) {
          throw e;
        }
      }
    }
    int dir = PathCalls.parentOf(root, path);
    try {
      return ofName(dir, PathCalls.last(path), root.subject(path));
    } finally {
      PathCalls.closeParent(root, dir);
    }
  }

  static void set(Dir root, String path, String attribute, byte[] value) throws LinuxException {
    int dir = PathCalls.parentOf(root, path);
    try {
      set(dir, PathCalls.last(path), attribute, value, root.subject(path));
    } finally {
      PathCalls.closeParent(root, dir);
    }
  }

  static void remove(Dir root, String path, String attribute) throws LinuxException {
    int dir = PathCalls.parentOf(root, path);
    try {
      remove(dir, PathCalls.last(path), attribute, root.subject(path));
    } finally {
      PathCalls.closeParent(root, dir);
    }
  }

  static Xattrs ofDescriptor(int fd, String label) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      List<String> names = names(s, FileCalls.flistxattr(s, fd, s.io()), label);
      if (names.isEmpty()) {
        return Xattrs.EMPTY;
      }
      Map<String, byte[]> values = new TreeMap<>();
      for (String name : names) {
        MemorySegment attribute = s.otherPath("fgetxattr", name);
        keep(s, values, name, FileCalls.fgetxattr(s, fd, attribute, s.io()), label);
      }
      return Xattrs.of(values);
    } finally {
      s.giveBack();
    }
  }

  private static Xattrs ofName(int dir, String name, String label) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      MemorySegment path = s.path("llistxattr", proc(dir, name));
      List<String> names = names(s, FileCalls.llistxattr(s, path, s.io()), label);
      if (names.isEmpty()) {
        return Xattrs.EMPTY;
      }
      Map<String, byte[]> values = new TreeMap<>();
      for (String attribute : names) {
        MemorySegment other = s.otherPath("lgetxattr", attribute);
        keep(s, values, attribute, FileCalls.lgetxattr(s, path, other, s.io()), label);
      }
      return Xattrs.of(values);
    } finally {
      s.giveBack();
    }
  }

  static void set(int fd, String attribute, byte[] value, String label) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      MemorySegment name = s.otherPath("fsetxattr", attribute);
      if (FileCalls.fsetxattr(s, fd, name, value(s, attribute, value, label), value.length) < 0) {
        throw new LinuxException("fsetxattr " + attribute + " of", label, s.errno());
      }
    } finally {
      s.giveBack();
    }
  }

  private static void set(int dir, String name, String attribute, byte[] value, String label)
      throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      MemorySegment path = s.path("lsetxattr", proc(dir, name));
      MemorySegment other = s.otherPath("lsetxattr", attribute);
      MemorySegment bytes = value(s, attribute, value, label);
      if (FileCalls.lsetxattr(s, path, other, bytes, value.length) < 0) {
        throw new LinuxException("lsetxattr " + attribute + " of", label, s.errno());
      }
    } finally {
      s.giveBack();
    }
  }

  private static void remove(int dir, String name, String attribute, String label)
      throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      MemorySegment path = s.path("lremovexattr", proc(dir, name));
      if (FileCalls.lremovexattr(s, path, s.otherPath("lremovexattr", attribute)) < 0) {
        throw new LinuxException("lremovexattr " + attribute + " of", label, s.errno());
      }
    } finally {
      s.giveBack();
    }
  }

  /** {@code name} is one component; the directory itself is ".". */
  private static String proc(int dir, String name) {
    return "/proc/self/fd/" + dir + '/' + name;
  }

  private static MemorySegment value(Scratch s, String attribute, byte[] value, String label)
      throws LinuxException {
    MemorySegment io = s.io();
    if (value.length > io.byteSize()) {
      // Far above XATTR_SIZE_MAX (64 KiB): the kernel would say the same.
      throw new LinuxException("setxattr " + attribute + " of", label, Errno.E2BIG);
    }
    MemorySegment.copy(value, 0, io, ValueLayout.JAVA_BYTE, 0, value.length);
    return io;
  }

  private static List<String> names(Scratch s, long size, String label) throws LinuxException {
    if (size < 0) {
      if (s.errno() == Errno.EOPNOTSUPP) {
        return List.of();
      }
      throw new LinuxException("listxattr", label, s.errno());
    }
    if (size == 0) {
      return List.of();
    }
    byte[] list = new byte[(int) size];
    MemorySegment.copy(s.io(), ValueLayout.JAVA_BYTE, 0, list, 0, list.length);
    List<String> names = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < list.length; i++) {
      if (list[i] == 0) {
        names.add(FileName.decode(list, start, i - start));
        start = i + 1;
      }
    }
    return names;
  }

  private static void keep(
      Scratch s, Map<String, byte[]> values, String name, long size, String label)
      throws LinuxException {
    if (size >= 0) {
      byte[] value = new byte[(int) size];
      MemorySegment.copy(s.io(), ValueLayout.JAVA_BYTE, 0, value, 0, value.length);
      values.put(name, value);
    } else if (s.errno() != Errno.ENODATA) {
      // ENODATA: removed since it was listed, or of a namespace that we may list but not read.
      throw new LinuxException("getxattr " + name + " of", label, s.errno());
    }
  }
}
