package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Pipe;
import java.nio.ByteBuffer;

/** Cuts what comes through a pipe into lines, in one buffer of constant size. */
final class Output {
  private final Pipe pipe;
  private final OutputListener listener;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(OutputListener.LONGEST);
  private final ByteBuffer line = buffer.asReadOnlyBuffer();

  /** Up to here there is no line feed in the buffer. */
  private int searched;

  Output(Pipe pipe, OutputListener listener) {
    this.pipe = pipe;
    this.listener = listener;
  }

  /**
   * Takes what is in the pipe now, at most a buffer full.
   *
   * @return as {@link Pipe#read}
   */
  int take() throws LinuxException {
    int count = pipe.read(buffer);
    if (count > 0) {
      deliverLines();
    }
    return count;
  }

  private void deliverLines() {
    int start = 0;
    int end = buffer.position();
    for (int i = searched; i < end; i++) {
      if (buffer.get(i) == '\n') {
        deliver(start, i, true);
        start = i + 1;
      }
    }
    if (start == 0 && end == buffer.capacity()) {
      deliver(0, end, false);
      start = end;
    }
    if (start > 0) {
      buffer.limit(end).position(start);
      buffer.compact();
    }
    searched = buffer.position();
  }

  /** Delivers what no line feed ended. */
  void finish() {
    if (buffer.position() > 0) {
      deliver(0, buffer.position(), false);
      buffer.clear();
    }
  }

  private void deliver(int from, int to, boolean ended) {
    line.limit(to).position(from);
    listener.line(line, ended);
  }
}
