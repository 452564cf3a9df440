package dev.slipway.builder.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The processes of this PID namespace, as {@code /proc} lists them, and what one can do to them.
 */
public final class Processes {
  private static final Path PROC = Path.of("/proc");

  private Processes() {}

  /**
   * A process.
   *
   * @param state as proc_pid_stat(5) has it: {@code Z} has ended and waits for its parent to look
   * @param parent its parent's number
   * @param session the number of its session, which it can leave for a new one of its own only
   * @param started in clock ticks since the machine started: tells apart who had a number before
   */
  public record Info(int pid, char state, int parent, int session, long started) {
    public boolean hasEnded() {
      return state == 'Z' || state == 'X';
    }

    public boolean isStopped() {
      return state == 'T' || state == 't';
    }
  }

  /** All of them, by number. Who comes or goes meanwhile may be missing. */
  public static Map<Integer, Info> all() throws IOException {
    Map<Integer, Info> all = new HashMap<>();
    try (DirectoryStream<Path> numbers = Files.newDirectoryStream(PROC, "[1-9]*")) {
      for (Path number : numbers) {
        try {
          // The name of a program is the program's to choose; where it is not UTF-8, it is here.
          byte[] stat = Files.readAllBytes(number.resolve("stat"));
          Info info = parse(new String(stat, StandardCharsets.ISO_8859_1));
          all.put(info.pid(), info);
        } catch (NoSuchFileException e) {
          // gone
        } catch (IOException e) {
          // ESRCH, which has no exception of its own: gone since it was opened
          if (Files.exists(number)) {
            throw e;
          }
        }
      }
    }
    return all;
  }

  /**
   * A line of {@code /proc/PID/stat}; the name in parentheses may hold anything, and comes first.
   */
  static Info parse(String line) {
    int open = line.indexOf('(');
    int close = line.lastIndexOf(')');
    String[] fields = line.substring(close + 2).split(" ", -1);
    return new Info(
        Integer.parseInt(line.substring(0, open).strip()),
        fields[0].charAt(0),
        Integer.parseInt(fields[1]),
        Integer.parseInt(fields[3]),
        Long.parseLong(fields[19]));
  }

  /** Sends a signal; to a process that is gone it does nothing. */
  public static void signal(int pid, int signal) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long result = Syscall.KILL.call(Native.newState(arena), pid, signal);
      if (result < 0 && result != -Errno.ESRCH) {
        throw new LinuxException("kill", Integer.toString(pid), (int) -result);
      }
    }
  }

  /** Waits for a child of this process to end, and takes it out of the kernel's table. */
  public static void reap(int pid) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long result;
      do {
        result = Syscall.WAIT4.call(Native.newState(arena), pid, 0, 0, 0);
      } while (result == -Errno.EINTR);
      if (result < 0 && result != -Errno.ECHILD) {
        throw new LinuxException("wait4", Integer.toString(pid), (int) -result);
      }
    }
  }
}
