package dev.slipway.builder.linux;

import java.io.IOException;

/** A system call failed. The message names the call, its subject and the reason. */
public final class LinuxException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  public LinuxException(String call, String subject, int errno) {
    super(
        subject.isEmpty()
            ? call + ": " + Errno.describe(errno)
            : call + " " + subject + ": " + Errno.describe(errno));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }
}
