package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The names in a directory but for "." and "..", in byte order. */
final class Listing {
  private Listing() {}

  static List<DirEntry> of(Dir dir) throws LinuxException {
    // A description of its own, so that two threads may list at once, and O_PATH may be listed.
    int at = PathCalls.open(dir, "", FileCalls.O_RDONLY | FileCalls.O_DIRECTORY);
    Scratch s = Scratch.borrow();
    try {
      List<DirEntry> entries = new ArrayList<>();
      MemorySegment buffer = s.io();
      while (true) {
        long size = FileCalls.getdents(s, at, buffer);
        if (size < 0) {
          throw dir.failure(s, "getdents64", "");
        }
        if (size == 0) {
          break;
        }
        parse(buffer, size, entries);
      }
      entries.sort((a, b) -> FileName.BYTE_ORDER.compare(a.name(), b.name()));
      return entries;
    } finally {
      FileCalls.close(s, at);
      s.giveBack();
    }
  }

  /** struct linux_dirent64: ino 8, offset 8, record length 2, type 1, name with its NUL. */
  private static void parse(MemorySegment buffer, long size, List<DirEntry> entries) {
    byte[] name = new byte[256];
    long at = 0;
    while (at < size) {
      int length = buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
      int type = buffer.get(ValueLayout.JAVA_BYTE, at + 18);
      int n = 0;
      for (byte b; (b = buffer.get(ValueLayout.JAVA_BYTE, at + 19 + n)) != 0; n++) {
        if (n == name.length) {
          name = Arrays.copyOf(name, n * 2);
        }
        name[n] = b;
      }
      boolean self = name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'));
      if (!self) {
        entries.add(new DirEntry(FileName.decode(name, 0, n), FileType.ofDirent(type)));
      }
      at += length;
    }
  }
}
