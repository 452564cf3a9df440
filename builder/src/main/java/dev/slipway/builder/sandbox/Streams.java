package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.Descriptor;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Pipe;

/**
 * Standard input, output and error of a step: nothing to read, and one pipe for both outputs, so
 * that what it writes stays in order.
 *
 * @param error a second description of the pipe: a program that makes its standard error
 *     non-blocking must not make another's standard output so
 */
record Streams(Pipe pipe, Descriptor error) implements AutoCloseable {

  static Streams open(Command.User user, boolean mayChown) throws LinuxException {
    Pipe pipe = Pipe.open();
    if (mayChown) {
      // /dev/stdout is opened by its name, which asks for the permission anew.
      pipe.chown(user.uid(), user.gid());
    }
    return new Streams(pipe, pipe.secondWriter());
  }

  /** Once there is a {@code /dev/null}. */
  void use(ChildScript script) {
    script.input("/dev/null");
    script.duplicate(pipe.writer().number(), 1);
    script.duplicate(error.number(), 2);
  }

  /** The step has its own copies now; ours would keep the pipe open for ever. */
  void started() {
    pipe.writer().close();
    error.close();
  }

  @Override
  public void close() {
    pipe.close();
    error.close();
  }
}
