package dev.slipway.operator.client;

import io.fabric8.kubernetes.client.okhttp.OkHttpClientFactory;
import okhttp3.OkHttpClient;

/** Fabric8's OkHttp transport, with streams that another thread may close. Found as a service. */
public final class Transport extends OkHttpClientFactory {
  @Override
  protected void additionalConfig(OkHttpClient.Builder builder) {
    builder.addInterceptor(new WholeStreams());
  }

  /** Before the one that it extends. */
  @Override
  public int priority() {
    return super.priority() + 1;
  }
}
