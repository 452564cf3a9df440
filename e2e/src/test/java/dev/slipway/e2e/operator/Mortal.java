package dev.slipway.e2e.operator;

import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.pod.PodSettings;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.OperatorException;
import java.time.Duration;
import java.util.List;

/** An operator of one namespace behind a proxy of its own, which can kill it. */
final class Mortal implements AutoCloseable {
  final FaultProxy proxy;
  private final KubernetesClient client;
  private final Operator operator;

  Mortal(Config api, String namespace) {
    this(api, namespace, Limits.NONE);
  }

  Mortal(Config api, String namespace, Limits limits) {
    this(new FaultProxy(api), namespace, limits);
  }

  /** Behind a proxy that is closed with it. */
  Mortal(FaultProxy proxy, String namespace, Limits limits) {
    this.proxy = proxy;
    client = new KubernetesClientBuilder().withConfig(proxy.config()).build();
    operator = Operator.start(client, settings(namespace, limits));
  }

  static OperatorSettings settings(String namespace, Limits limits) {
    Policy policy =
        new Policy(
            PodSettings.of("slipway/builder:test"),
            Duration.ofMillis(50),
            Duration.ofMillis(200),
            Duration.ofSeconds(60),
            limits,
            20);
    return new OperatorSettings(
        List.of(namespace), policy, Duration.ofMinutes(10), null, OperatorSettings.NO_PORT);
  }

  /** Dies: whatever it still does does not arrive anywhere. */
  @Override
  public void close() {
    proxy.kill();
    try {
      operator.close();
    } catch (OperatorException _) {
      // It could not say good-bye.
    } finally {
      client.close();
      proxy.close();
    }
  }
}
