package dev.slipway.builder.sandbox;

/** The capabilities of Linux that are spoken of here; numbers of {@code <linux/capability.h>}. */
enum Capability {
  CHOWN(0),
  DAC_OVERRIDE(1),
  FOWNER(3),
  FSETID(4),
  KILL(5),
  SETGID(6),
  SETUID(7),
  SETPCAP(8),
  NET_BIND_SERVICE(10),
  NET_RAW(13),
  SYS_CHROOT(18),
  SYS_PTRACE(19),
  SYS_ADMIN(21),
  MKNOD(27),
  AUDIT_WRITE(29),
  SETFCAP(31);

  /** One more than the highest number that any kernel may know. */
  static final int COUNT = 64;

  static final long ALL = -1L;

  /** What docker leaves to a container, and what packages in RUN steps therefore count on. */
  static final long DOCKER_DEFAULT =
      CHOWN.bit()
          | DAC_OVERRIDE.bit()
          | FOWNER.bit()
          | FSETID.bit()
          | KILL.bit()
          | SETGID.bit()
          | SETUID.bit()
          | SETPCAP.bit()
          | NET_BIND_SERVICE.bit()
          | NET_RAW.bit()
          | SYS_CHROOT.bit()
          | MKNOD.bit()
          | AUDIT_WRITE.bit()
          | SETFCAP.bit();

  private final int number;

  Capability(int number) {
    this.number = number;
  }

  long bit() {
    return 1L << number;
  }
}
