package dev.slipway.e2e.cluster.node;

import dev.slipway.e2e.cluster.api.PodLogs;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The output of one container on disk, one line a line with its time before it, as a kubelet keeps
 * it. One writer, any number of readers. Not modelled: rotation, and which of the two streams a
 * line came from.
 */
final class ContainerLog {
  private static final int LONGEST_LINE = 16 * 1024; // where container runtimes split too

  private final Path file;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition grown = lock.newCondition();
  private long length;
  private boolean finished;

  ContainerLog(Path file, Clock clock) throws IOException {
    this.file = Files.createFile(file);
    this.clock = clock;
  }

  /** Copies {@code output} until it ends; returns then. */
  void copy(InputStream output) throws IOException {
    try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
      byte[] line = new byte[LONGEST_LINE];
      byte[] buffer = new byte[8192];
      int used = 0;
      for (int read = output.read(buffer); read >= 0; read = output.read(buffer)) {
        for (int i = 0; i < read; i++) {
          if (buffer[i] != '\n') {
            line[used++] = buffer[i];
          }
          if (buffer[i] == '\n' || used == line.length) {
            append(out, line, used);
            used = 0;
          }
        }
      }
      if (used > 0) {
        append(out, line, used);
      }
    } finally {
      lock.lock();
      try {
        finished = true;
        grown.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void append(OutputStream out, byte[] line, int used) throws IOException {
    byte[] time = (clock.instant() + " ").getBytes(StandardCharsets.US_ASCII);
    byte[] whole = new byte[time.length + used + 1];
    System.arraycopy(time, 0, whole, 0, time.length);
    System.arraycopy(line, 0, whole, time.length, used);
    whole[whole.length - 1] = '\n';
    out.write(whole);
    lock.lock();
    try {
      length += whole.length;
      grown.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Writes what the options ask for; with {@code follow}, until the container has ended. */
  void read(PodLogs.Options options, OutputStream out) throws IOException, InterruptedException {
    try (FileChannel channel = FileChannel.open(file)) {
      long left = options.limitBytes() < 0 ? Long.MAX_VALUE : options.limitBytes();
      channel.position(options.tailLines() < 0 ? 0 : tail(options.tailLines()));
      Stripper line = new Stripper(options.timestamps());
      InputStream in = Channels.newInputStream(channel);
      byte[] buffer = new byte[8192];
      while (left > 0) {
        int read = in.read(buffer);
        if (read > 0) {
          left -= line.write(buffer, read, out, left);
          out.flush();
        } else if (!options.follow() || !awaitMore(channel.position())) {
          return;
        }
      }
    }
  }

  /** Strips the times from lines that may be cut anywhere. */
  private static final class Stripper {
    private final boolean timestamps;
    private boolean inTime = true;

    Stripper(boolean timestamps) {
      this.timestamps = timestamps;
    }

    long write(byte[] bytes, int count, OutputStream out, long limit) throws IOException {
      long written = 0;
      for (int i = 0; i < count && written < limit; i++) {
        byte b = bytes[i];
        boolean show = timestamps || !inTime;
        if (inTime && b == ' ') {
          inTime = false;
        } else if (b == '\n') {
          inTime = true;
        }
        if (show || b == '\n') {
          out.write(b);
          written++;
        }
      }
      return written;
    }
  }

  private boolean awaitMore(long position) throws InterruptedException {
    lock.lock();
    try {
      while (length <= position && !finished) {
        grown.await();
      }
      return length > position;
    } finally {
      lock.unlock();
    }
  }

  /** Where the last {@code lines} lines begin. */
  private long tail(long lines) throws IOException {
    Deque<Long> starts = new ArrayDeque<>();
    long position = 0;
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        starts.addLast(position);
        position += line.length() + 1L;
        if (starts.size() > lines) {
          starts.removeFirst();
        }
      }
    }
    return starts.isEmpty() ? position : starts.getFirst();
  }

  /**
   * The end of the log, for a container that left no termination message: at most 2 KiB, 80 lines.
   */
  String lastLines() throws IOException, InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    read(new PodLogs.Options("", false, 80, false, -1), out);
    byte[] all = out.toByteArray();
    int from = Math.max(0, all.length - 2048);
    return new String(all, from, all.length - from, StandardCharsets.UTF_8);
  }
}
