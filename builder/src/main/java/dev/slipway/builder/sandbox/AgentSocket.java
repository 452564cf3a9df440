package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A socket of the builder's that leads to an agent. A step gets its own mode and owner on it, and
 * talks with the builder's identity, without a right to the agent's own socket or keys.
 */
final class AgentSocket implements AutoCloseable {
  private final ServerSocketChannel server;
  private final Agent agent;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

  private AgentSocket(ServerSocketChannel server, Agent agent) {
    this.server = server;
    this.agent = agent;
  }

  static AgentSocket open(Dir dir, String name, Agent agent) {
    try {
      ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      // Through the descriptor: the directory may be in another mount namespace, and its path
      // longer than the 108 bytes that a socket's address takes.
      Path path = Path.of("/proc/self/fd/" + dir.descriptor(), name);
      server.bind(UnixDomainSocketAddress.of(path));
      AgentSocket socket = new AgentSocket(server, agent);
      Thread.ofVirtual().name("ssh-agent").start(socket::accept);
      return socket;
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.SANDBOX, "cannot make a socket for the SSH agent: " + e.getMessage(), e);
    }
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel program = server.accept();
        open.add(program);
        Thread.ofVirtual().start(() -> serve(program));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(SocketChannel program) {
    try (program) {
      agent.talk(program);
    } catch (IOException e) {
      // The step sees a closed connection, as it would if the agent itself had gone.
    } finally {
      open.remove(program);
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
