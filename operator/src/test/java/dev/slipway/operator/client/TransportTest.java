package dev.slipway.operator.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TransportTest {
  private static final int REQUESTS = 100;

  @Test
  void requestsAtOnceAreNoThreadsOfTheirOwn() throws Exception {
    CountDownLatch arrived = new CountDownLatch(REQUESTS);
    CountDownLatch answer = new CountDownLatch(1);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), REQUESTS);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          arrived.countDown();
          try (exchange) {
            answer.await();
            exchange.sendResponseHeaders(204, -1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    String url = "http://127.0.0.1:" + server.getAddress().getPort();
    Config config = new ConfigBuilder(Config.empty()).withMasterUrl(url).build();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      int before = Thread.getAllStackTraces().size();
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        answers.add(
            client
                .getHttpClient()
                .sendAsync(
                    client.getHttpClient().newHttpRequestBuilder().uri(url).build(), String.class));
      }
      assertThat(arrived.await(30, TimeUnit.SECONDS)).as("all are on their way at once").isTrue();
      assertThat(Thread.getAllStackTraces().size() - before).isLessThan(REQUESTS / 2);
      answer.countDown();
      for (CompletableFuture<HttpResponse<String>> each : answers) {
        assertThat(each.get(30, TimeUnit.SECONDS).code()).isEqualTo(204);
      }
    } finally {
      answer.countDown();
      server.stop(0);
    }
  }
}
