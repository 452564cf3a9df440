package dev.slipway.e2e.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before a server and cuts every third connection after some bytes in either direction, as a
 * bad network does.
 */
final class CuttingRelay implements AutoCloseable {

  private final ServerSocket server;
  private final int target;
  private final int cutAfter;
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger cut = new AtomicInteger();

  CuttingRelay(int target, int cutAfter) throws IOException {
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.cutAfter = cutAfter;
    Thread.ofVirtual().start(this::accept);
  }

  String host() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  int cuts() {
    return cut.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        boolean bad = accepted.incrementAndGet() % 3 == 0;
        Thread.ofVirtual().start(() -> relay(client, bad ? cutAfter : Long.MAX_VALUE));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void relay(Socket client, long limit) {
    try (client;
        Socket there = new Socket(InetAddress.getLoopbackAddress(), target)) {
      Thread back = Thread.ofVirtual().start(() -> pipe(there, client, limit));
      pipe(client, there, limit);
      back.join();
    } catch (IOException _) {
      // The server may be gone; the client sees it by its closed connection.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pipe(Socket from, Socket to, long limit) {
    try {
      byte[] buffer = new byte[16 * 1024];
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      long passed = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
        passed += count;
        if (passed > limit) {
          cut.incrementAndGet();
          from.close();
          to.close();
          return;
        }
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
