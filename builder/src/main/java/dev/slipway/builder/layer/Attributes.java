package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Xattrs;

/**
 * What every file-system object in a layer carries.
 *
 * @param mode permission bits with setuid, setgid and sticky; at most {@code 07777}
 * @param uid 0 to 2^32-2
 * @param gid 0 to 2^32-2
 * @param mtime seconds since 1970; may be negative. Fractions are dropped wherever entries are
 *     made, so that a layer is the same whether its directory or its tar was read
 * @param xattrs as the image sees them, without those that overlayfs keeps for itself
 */
public record Attributes(int mode, long uid, long gid, long mtime, Xattrs xattrs) {
  private static final long MAX_ID = 0xffff_fffeL;

  public Attributes {
    if ((mode & ~07777) != 0) {
      throw new IllegalArgumentException("mode " + Integer.toOctalString(mode));
    }
    if (uid < 0 || uid > MAX_ID || gid < 0 || gid > MAX_ID) {
      throw new IllegalArgumentException("owner " + uid + ":" + gid);
    }
  }

  /** Without extended attributes. */
  public Attributes(int mode, long uid, long gid, long mtime) {
    this(mode, uid, gid, mtime, Xattrs.EMPTY);
  }

  public Attributes withMode(int value) {
    return value == mode ? this : new Attributes(value, uid, gid, mtime, xattrs);
  }

  public Attributes withOwner(long newUid, long newGid) {
    return newUid == uid && newGid == gid
        ? this
        : new Attributes(mode, newUid, newGid, mtime, xattrs);
  }

  public Attributes withMtime(long value) {
    return value == mtime ? this : new Attributes(mode, uid, gid, value, xattrs);
  }

  public Attributes withXattrs(Xattrs value) {
    return new Attributes(mode, uid, gid, mtime, value);
  }
}
