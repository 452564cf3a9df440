package dev.slipway.builder.trace;

import dev.slipway.builder.report.Progress;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry, set up by the environment variables of its specification ({@code
 * OTEL_EXPORTER_OTLP_ENDPOINT} and others), over HTTP. The trace is the one that {@code
 * TRACEPARENT} names, if it is there (W3C Trace Context).
 *
 * <p>Without an endpoint nothing of it is loaded; a collector that does not answer costs a build a
 * warning and at most {@value #PATIENCE_SECONDS} seconds.
 */
public final class Tracing {
  private static final int PATIENCE_SECONDS = 5;

  private Tracing() {}

  /** Whether the environment names a place to send traces to. */
  public static boolean isConfigured(Map<String, String> environment) {
    boolean endpoint =
        !environment.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "").isEmpty()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").isEmpty();
    return endpoint
        && !environment.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true")
        && !environment.getOrDefault("OTEL_TRACES_EXPORTER", "otlp").equals("none");
  }

  /** Progress that is shown as before, and traced until it is closed. */
  public static Progress of(Progress shown, Map<String, String> environment) {
    if (!isConfigured(environment)) {
      return shown;
    }
    Library.LOG.setLevel(Level.OFF);
    OpenTelemetrySdk sdk;
    try {
      sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .addPropertiesSupplier(() -> properties(environment))
              .addPropertiesCustomizer(
                  _ -> Map.of("otel.metrics.exporter", "none", "otel.logs.exporter", "none"))
              .disableShutdownHook()
              .build()
              .getOpenTelemetrySdk();
    } catch (RuntimeException e) {
      shown.warning("this build is not traced: " + e.getMessage());
      return shown;
    }
    Context parent =
        W3CTraceContextPropagator.getInstance()
            .extract(Context.root(), environment, new Environment());
    return new TracedProgress(
        shown, sdk.getTracer("dev.slipway.builder"), parent, () -> close(sdk, shown));
  }

  /** A class of its own: java.util.logging costs every start 0.1 s, most of it reading jars. */
  private static final class Library {
    /** Kept, or its level would be forgotten: we say ourselves, once, what it would say often. */
    static final Logger LOG = Logger.getLogger("io.opentelemetry");
  }

  /** Of the specification's variables, with what we have other defaults for. */
  private static Map<String, String> properties(Map<String, String> environment) {
    Map<String, String> properties = new HashMap<>();
    properties.put("otel.service.name", "slipway-builder");
    properties.put("otel.exporter.otlp.protocol", "http/protobuf");
    properties.put("otel.exporter.otlp.timeout", PATIENCE_SECONDS * 1000 + "ms");
    environment.forEach((name, value) -> {
      if (name.startsWith("OTEL_")) {
        properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
      }
    });
    return properties;
  }

  private static void close(OpenTelemetrySdk sdk, Progress shown) {
    CompletableResultCode flushed =
        sdk.getSdkTracerProvider().forceFlush().join(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (!flushed.isSuccess()) {
      shown.warning("the trace of this build could not be sent to its collector");
    }
    sdk.getSdkTracerProvider().shutdown().join(1, TimeUnit.SECONDS);
  }

  /** {@code TRACEPARENT} and {@code TRACESTATE}. */
  private static final class Environment implements TextMapGetter<Map<String, String>> {
    @Override
    @SuppressWarnings("deprecation") // and abstract still
    public Iterable<String> keys(Map<String, String> environment) {
      return environment.keySet();
    }

    @Override
    public @Nullable String get(@Nullable Map<String, String> environment, String key) {
      return environment == null ? null : environment.get(key.toUpperCase(Locale.ROOT));
    }
  }
}
