package dev.slipway.operator;

import io.fabric8.kubernetes.client.KubernetesClient;

/**
 * The operator in one process. {@link #start} returns once its informers are in sync; {@link
 * #close} stops reconciling and leaves running builds alone. Thread-safe.
 */
public final class Operator implements AutoCloseable {

  private Operator() {}

  /**
   * Starts the operator. The client stays the caller's: it is not closed with the operator.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if the API server cannot be
   *     reached or the CRD is not installed
   */
  @SuppressWarnings("DoNotCallSuggester")
  public static Operator start(KubernetesClient client, OperatorSettings settings) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("not yet");
  }
}
