package dev.slipway.builder.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A proxy that takes CONNECT to anywhere and leads all to one port of this machine. */
final class Tunnel implements AutoCloseable {

  private final ServerSocket server;
  private final int target;

  private Tunnel(ServerSocket server, int target) {
    this.server = server;
    this.target = target;
  }

  static Tunnel to(int port) throws IOException {
    Tunnel tunnel = new Tunnel(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
    Thread.ofVirtual().start(tunnel::accept);
    return tunnel;
  }

  String host() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket there = new Socket(InetAddress.getLoopbackAddress(), target)) {
      InputStream in = client.getInputStream();
      while (!MessageBody.readLine(in, 8192).isEmpty()) {
        // The head of the request; where it wants to go does not matter here.
      }
      client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      Thread back = Thread.ofVirtual().start(() -> pipe(there, client));
      pipe(client, there);
      back.join();
    } catch (IOException _) {
      // One side went away; the test sees what that means to the other.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pipe(Socket from, Socket to) {
    try {
      byte[] buffer = new byte[8192];
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
      }
      to.shutdownOutput();
    } catch (IOException _) {
      // As above.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
