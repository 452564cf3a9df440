package dev.slipway.operator.client;

import io.fabric8.kubernetes.client.okhttp.OkHttpClientFactory;
import java.util.concurrent.Executors;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/**
 * Fabric8's OkHttp transport, with streams that another thread may close, and without a thread for
 * every request of the last minute. Found as a service.
 */
public final class Transport extends OkHttpClientFactory {
  @Override
  protected void additionalConfig(OkHttpClient.Builder builder) {
    builder.addInterceptor(new WholeStreams());
  }

  /** With the bounds of the one that it extends, and threads that cost nothing to keep. */
  @Override
  protected Dispatcher initDispatcher() {
    Dispatcher bounds = super.initDispatcher();
    Dispatcher dispatcher = new Dispatcher(Executors.newVirtualThreadPerTaskExecutor());
    dispatcher.setMaxRequests(bounds.getMaxRequests());
    dispatcher.setMaxRequestsPerHost(bounds.getMaxRequestsPerHost());
    return dispatcher;
  }

  /** Before the one that it extends. */
  @Override
  public int priority() {
    return super.priority() + 1;
  }
}
