package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Child;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;

/** What the end of a process, or its failure to begin, means to a user. */
final class Endings {
  private Endings() {}

  /**
   * @param status as wait(2) packs it
   * @param memory asked only where the process failed
   * @param kills how many the kernel had killed for want of memory before
   */
  static ExitStatus of(int status, MemoryEvents memory, long kills) {
    int signal = Child.signalOf(status);
    int code = Child.exitCode(status);
    if ((signal != 0 || code != 0) && memory.kills() > kills) {
      return new ExitStatus.OutOfMemory(memory.limit());
    }
    return signal != 0 ? new ExitStatus.Signaled(signal) : new ExitStatus.Exited(code);
  }

  static BuildException notStarted(Command command, LinuxException e) {
    String program = command.argv().getFirst();
    String message = e.getMessage() == null ? "" : e.getMessage();
    if (message.startsWith("execve")) {
      return new BuildException(
          ErrorCode.RUN_FAILED,
          switch (e.errno()) {
            case Errno.ENOENT, Errno.ENOTDIR ->
                "cannot run %s: there is no such program in the image%s, or the interpreter that it"
                        .formatted(
                            program, program.contains("/") ? "" : " (looked for along its PATH)")
                    + " names is missing";
            case Errno.EACCES ->
                "cannot run %s: the image's file is not executable for this user"
                    .formatted(program);
            case Errno.ENOEXEC ->
                "cannot run %s: exec format error; the image is for another platform, or a script"
                        .formatted(program)
                    + " does not begin with #!";
            default -> "cannot run %s: %s".formatted(program, message);
          },
          e);
    }
    if (message.startsWith("chdir " + command.workdir())) {
      return new BuildException(
          ErrorCode.RUN_FAILED, "cannot enter the working directory: " + message, e);
    }
    return new BuildException(ErrorCode.SANDBOX, "cannot set up a step: " + message, e);
  }
}
