package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A socket of the builder's that passes every connection on to another one. A step gets its own
 * mode and owner on it, and connects with the builder's identity, without a right to the real
 * socket.
 */
final class SocketRelay implements AutoCloseable {
  private static final int BUFFER = 16 * 1024;

  private final ServerSocketChannel server;
  private final Path target;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

  private SocketRelay(ServerSocketChannel server, Path target) {
    this.server = server;
    this.target = target;
  }

  static SocketRelay open(Dir dir, String name, Path target) {
    try {
      ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      // Through the descriptor: the directory may be in another mount namespace, and its path
      // longer than the 108 bytes that a socket's address takes.
      Path path = Path.of("/proc/self/fd/" + dir.descriptor(), name);
      server.bind(UnixDomainSocketAddress.of(path));
      SocketRelay relay = new SocketRelay(server, target);
      Thread.ofVirtual().name("ssh-agent").start(relay::accept);
      return relay;
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.SANDBOX, "cannot make a socket for the SSH agent: " + e.getMessage(), e);
    }
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel step = server.accept();
        open.add(step);
        Thread.ofVirtual().start(() -> serve(step));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(SocketChannel step) {
    try (step;
        SocketChannel agent = SocketChannel.open(UnixDomainSocketAddress.of(target))) {
      open.add(agent);
      Thread back = Thread.ofVirtual().start(() -> copy(agent, step));
      copy(step, agent);
      back.join();
      open.remove(agent);
    } catch (IOException e) {
      // The step sees a closed connection, as it would if the agent itself had gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(step);
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

  @Override
  public void close() throws IOException {
    server.close();
    for (SocketChannel channel : open) {
      channel.close();
    }
  }
}
