package dev.slipway.builder.sandbox;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/** Who answers at the SSH agent's socket of a step. Thread-safe. */
public interface Agent {
  /**
   * Talks with a program of a step until one of the two hangs up. Closes nothing that it was given.
   *
   * @throws IOException if the conversation breaks off; the program sees a closed connection
   */
  void talk(SocketChannel program) throws IOException;
}
