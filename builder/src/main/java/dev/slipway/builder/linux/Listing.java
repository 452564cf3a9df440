package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
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
        parse(buffer.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE), entries);
      }
      entries.sort((a, b) -> FileName.BYTE_ORDER.compare(a.name(), b.name()));
      return entries;
    } finally {
      FileCalls.close(s, at);
      s.giveBack();
    }
  }

  /** struct linux_dirent64: ino 8, offset 8, record length 2, type 1, name with its NUL. */
  private static void parse(byte[] records, List<DirEntry> entries) {
    for (int at = 0; at < records.length; ) {
      int length = (records[at + 16] & 0xff) | (records[at + 17] & 0xff) << 8;
      int start = at + 19;
      int end = start;
      while (records[end] != 0) {
        end++;
      }
      boolean self =
          records[start] == '.'
              && (end == start + 1 || (end == start + 2 && records[start + 1] == '.'));
      if (!self) {
        FileType type = FileType.ofDirent(records[at + 18]);
        entries.add(new DirEntry(FileName.decode(records, start, end - start), type));
      }
      at += length;
    }
  }
}
