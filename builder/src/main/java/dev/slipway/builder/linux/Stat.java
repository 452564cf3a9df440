package dev.slipway.builder.linux;

/**
 * What the kernel says of one file-system object.
 *
 * @param mode the permission bits with setuid, setgid and sticky, {@code 07777} at most
 * @param size in bytes; of a symbolic link, the length of its target
 * @param dev an opaque number of the file system, equal for objects on the same one
 * @param devMajor of a device node, else 0
 * @param devMinor of a device node, else 0
 * @param mtimeNanos 0 to 999,999,999, also before 1970
 * @param birthSeconds when the object was made, which nothing changes; 0 where the file system does
 *     not say
 * @param blocks what it takes on disk, in units of 512 bytes
 */
public record Stat(
    FileType type,
    int mode,
    long uid,
    long gid,
    long size,
    long dev,
    long ino,
    long nlink,
    int devMajor,
    int devMinor,
    long mtimeSeconds,
    int mtimeNanos,
    long ctimeSeconds,
    int ctimeNanos,
    long birthSeconds,
    int birthNanos,
    long blocks) {

  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  public boolean isRegular() {
    return type == FileType.REGULAR;
  }

  public boolean isSymlink() {
    return type == FileType.SYMLINK;
  }
}
