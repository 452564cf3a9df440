package dev.slipway.builder.linux;

/** A lock of flock(2): it belongs to the open file, and a process that dies lets go of it. */
public enum Lock {
  SHARED(1),
  EXCLUSIVE(2),
  /** Lets go of a lock that is held. */
  NONE(8);

  private static final int LOCK_NB = 4;

  private final int operation;

  Lock(int operation) {
    this.operation = operation;
  }

  static boolean take(int fd, Lock kind, boolean wait, String label) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      if (FileCalls.flock(s, fd, wait ? kind.operation : kind.operation | LOCK_NB) >= 0) {
        return true;
      }
      if (s.errno() == Errno.EAGAIN) {
        return false;
      }
      throw new LinuxException("flock", label, s.errno());
    } finally {
      s.giveBack();
    }
  }
}
