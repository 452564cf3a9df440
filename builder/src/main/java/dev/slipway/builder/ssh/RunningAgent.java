package dev.slipway.builder.ssh;

import dev.slipway.builder.sandbox.Agent;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * The agent behind a socket, such as the user's own. Each conversation is a connection to it.
 *
 * @param socket its socket
 */
record RunningAgent(Path socket) implements Agent {
  private static final int BUFFER = 16 * 1024;

  @Override
  public void talk(SocketChannel program) throws IOException {
    try (SocketChannel agent = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      Thread back = Thread.ofVirtual().start(() -> copy(agent, program));
      copy(program, agent);
      back.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
      to.shutdownOutput();
    } catch (IOException e) {
      // The other direction ends with the channels.
    }
  }
}
