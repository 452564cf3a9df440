package dev.slipway.builder.linux;

import org.jspecify.annotations.Nullable;

/** The kinds of file-system objects, with their {@code S_IFMT} bits. */
public enum FileType {
  REGULAR(0100000, 8),
  DIRECTORY(0040000, 4),
  SYMLINK(0120000, 10),
  CHARACTER_DEVICE(0020000, 2),
  BLOCK_DEVICE(0060000, 6),
  FIFO(0010000, 1),
  SOCKET(0140000, 12);

  private static final @Nullable FileType[] BY_DIRENT = new FileType[16];

  static {
    for (FileType type : values()) {
      BY_DIRENT[type.dirent] = type;
    }
  }

  private final int bits;
  private final int dirent;

  FileType(int bits, int dirent) {
    this.bits = bits;
    this.dirent = dirent;
  }

  /** The bits of {@code st_mode} that say this type. */
  public int bits() {
    return bits;
  }

  /** The type that {@code st_mode} says. */
  public static FileType ofMode(int mode) {
    // S_IFMT is the DT_ value shifted by 12 (IFTODT in <dirent.h>).
    FileType type = BY_DIRENT[(mode >>> 12) & 15];
    if (type == null) {
      throw new IllegalArgumentException("st_mode " + Integer.toOctalString(mode) + " has no type");
    }
    return type;
  }

  /** The type a directory entry names, or null where the file system does not say. */
  static @Nullable FileType ofDirent(int value) {
    return value >= 0 && value < BY_DIRENT.length ? BY_DIRENT[value] : null;
  }
}
