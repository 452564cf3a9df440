package dev.slipway.operator.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams that are closed while they are read, beside answers whose every byte is known. */
@Timeout(120)
class WholeStreamsTest {
  private static final int STREAMS = 400;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private KubernetesClient client;
  private HttpClient http;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/stream", WholeStreamsTest::lines);
    server.createContext("/known", WholeStreamsTest::known);
    server.start();
    Config config = new ConfigBuilder(Config.empty()).withMasterUrl(url("")).build();
    client = new KubernetesClientBuilder().withConfig(config).build();
    http = client.getHttpClient();
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void streamsThatAreClosedWhileTheyAreReadSpoilNoOtherAnswer() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    List<Future<Integer>> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(threads.submit(() -> readKnown(over)));
    }
    for (int i = 0; i < STREAMS; i++) {
      closeWhileItIsRead();
    }
    over.set(true);
    for (Future<Integer> reader : readers) {
      assertThat(reader.get(60, TimeUnit.SECONDS)).isGreaterThan(10);
    }
  }

  @Test
  void aStreamThatEndsByItselfEndsWell() throws Exception {
    StringBuilder all = new StringBuilder();
    HttpResponse<AsyncBody> response =
        open(
            "/known?watch=true",
            (bytes, body) -> {
              bytes.forEach(b -> all.append(StandardCharsets.ISO_8859_1.decode(b)));
              body.consume();
            });
    response.body().consume();
    response.body().done().get(30, TimeUnit.SECONDS);
    assertThat(all.toString().getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(pattern(200));
  }

  private int readKnown(AtomicBoolean over) throws Exception {
    int count = 0;
    for (; !over.get(); count++) {
      int size = 1 + count % 300;
      HttpResponse<byte[]> response =
          http.sendAsync(request("/known?size=" + size), byte[].class).get(30, TimeUnit.SECONDS);
      assertThat(response.body()).as("answer %d", count).isEqualTo(pattern(size));
    }
    return count;
  }

  private void closeWhileItIsRead() throws Exception {
    CountDownLatch reads = new CountDownLatch(3);
    HttpResponse<AsyncBody> response =
        open(
            "/stream?watch=true",
            (bytes, body) -> {
              reads.countDown();
              body.consume();
            });
    response.body().consume();
    assertThat(reads.await(30, TimeUnit.SECONDS)).isTrue();
    response.body().cancel();
    assertThat(response.body().done()).isCompletedExceptionally();
  }

  private HttpResponse<AsyncBody> open(String path, AsyncBody.Consumer<List<ByteBuffer>> consumer)
      throws Exception {
    return http.consumeBytes(request(path), consumer).get(30, TimeUnit.SECONDS);
  }

  private HttpRequest request(String path) {
    return http.newHttpRequestBuilder().uri(url(path)).build();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** Lines without end; more than a segment of Okio's each, and not in step with them. */
  private static void lines(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] line = new byte[11_003];
    java.util.Arrays.fill(line, (byte) '"');
    line[line.length - 1] = '\n';
    try (exchange;
        OutputStream out = exchange.getResponseBody()) {
      while (true) {
        out.write(line);
        out.flush();
      }
    } catch (IOException _) {
      // The client has left.
    }
  }

  private static void known(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getQuery();
    int size = query.startsWith("size=") ? Integer.parseInt(query.substring(5)) : 200;
    try (exchange) {
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write(pattern(size));
    }
  }

  private static byte[] pattern(int kilobytes) {
    byte[] bytes = new byte[kilobytes * 1000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31 >>> 3);
    }
    return bytes;
  }
}
