package dev.slipway.builder.linux;

/**
 * An open descriptor of any kind: a detached mount, an end of a pipe, a namespace. Close-on-exec,
 * like every descriptor that this package opens.
 */
public final class Descriptor implements AutoCloseable {
  private int number;

  Descriptor(int number) {
    this.number = number;
  }

  /** The number; this object still owns it. */
  public synchronized int number() {
    if (number < 0) {
      throw new IllegalStateException("the descriptor is closed");
    }
    return number;
  }

  /** Closing again does nothing. */
  @Override
  public void close() {
    int open;
    synchronized (this) {
      open = number;
      number = -1;
    }
    if (open >= 0) {
      Scratch s = Scratch.borrow();
      try {
        Syscall.CLOSE.call(s.state, open);
      } finally {
        s.giveBack();
      }
    }
  }
}
