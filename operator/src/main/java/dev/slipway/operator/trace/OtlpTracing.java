package dev.slipway.operator.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Traces over OTLP and HTTP, set up by the environment variables of OpenTelemetry's specification.
 * Spans are sent in batches from a thread of their own; a collector that does not answer costs
 * spans, and nothing else.
 */
public final class OtlpTracing implements Tracing, AutoCloseable {
  private static final int PATIENCE_SECONDS = 5;

  private final OpenTelemetrySdk sdk;
  private final Tracer tracer;
  private final Sampler sampler;
  private final GivenIds ids;

  private OtlpTracing(OpenTelemetrySdk sdk, Sampler sampler, GivenIds ids) {
    this.sdk = sdk;
    this.sampler = sampler;
    this.ids = ids;
    tracer = sdk.getTracer("dev.slipway.operator");
  }

  /** Whether the environment names a place to send traces to. */
  public static boolean isConfigured(Map<String, String> environment) {
    boolean endpoint =
        !environment.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "").isEmpty()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").isEmpty();
    return endpoint
        && !environment.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true")
        && !environment.getOrDefault("OTEL_TRACES_EXPORTER", "otlp").equals("none");
  }

  /**
   * What builder pods need of the environment to send their part to the same place. Headers are not
   * among it: they hold credentials, and everybody who may read a pod would read them.
   */
  public static Map<String, String> ofBuilders(Map<String, String> environment) {
    Map<String, String> theirs = new HashMap<>();
    for (String name :
        List.of(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")) {
      String value = environment.getOrDefault(name, "");
      if (!value.isEmpty()) {
        theirs.put(name, value);
      }
    }
    return theirs;
  }

  /**
   * Starts to send.
   *
   * @throws RuntimeException if the environment asks for what is not supported, such as gRPC
   */
  public static OtlpTracing start(Map<String, String> environment) {
    GivenIds ids = new GivenIds();
    Sampler[] chosen = new Sampler[] {Sampler.parentBased(Sampler.alwaysOn())};
    OpenTelemetrySdk sdk =
        AutoConfiguredOpenTelemetrySdk.builder()
            .addPropertiesSupplier(() -> properties(environment))
            .addPropertiesCustomizer(
                _ -> Map.of("otel.metrics.exporter", "none", "otel.logs.exporter", "none"))
            .addTracerProviderCustomizer((provider, _) -> provider.setIdGenerator(ids))
            .addSamplerCustomizer((sampler, _) -> chosen[0] = sampler)
            .disableShutdownHook()
            .build()
            .getOpenTelemetrySdk();
    return new OtlpTracing(sdk, chosen[0], ids);
  }

  private static Map<String, String> properties(Map<String, String> environment) {
    Map<String, String> properties = new HashMap<>();
    properties.put("otel.service.name", "slipway-operator");
    properties.put("otel.exporter.otlp.protocol", "http/protobuf");
    environment.forEach((name, value) -> {
      if (name.startsWith("OTEL_")) {
        properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
      }
    });
    return properties;
  }

  @Override
  public Optional<String> parent(String trace, String span) {
    SamplingDecision decision =
        sampler
            .shouldSample(
                Context.root(), trace, "build", SpanKind.INTERNAL, Attributes.empty(), List.of())
            .getDecision();
    return decision == SamplingDecision.RECORD_AND_SAMPLE
        ? Optional.of("00-" + trace + "-" + span + "-01")
        : Optional.empty();
  }

  @Override
  public void tell(List<FinishedSpan> spans) {
    for (FinishedSpan span : spans) {
      if (parent(span.trace(), span.id()).isPresent()) {
        tell(span);
      }
    }
  }

  private void tell(FinishedSpan span) {
    SpanBuilder builder =
        tracer.spanBuilder(span.name()).setParent(context(span)).setStartTimestamp(span.start());
    span.attributes().forEach(builder::setAttribute);
    Span told = ids.with(span, builder::startSpan);
    if (span.error() != null) {
      told.setStatus(StatusCode.ERROR, span.error());
    }
    told.end(span.end());
  }

  private static Context context(FinishedSpan span) {
    return span.parent() == null
        ? Context.root()
        : Context.root()
            .with(
                Span.wrap(
                    SpanContext.create(
                        span.trace(),
                        span.parent(),
                        TraceFlags.getSampled(),
                        TraceState.getDefault())));
  }

  /** Sends what is left, for at most {@value #PATIENCE_SECONDS} seconds. */
  @Override
  public void close() {
    sdk.getSdkTracerProvider().shutdown().join(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** The library makes up IDs; ours are known before. */
  private static final class GivenIds implements IdGenerator {
    private static final ThreadLocal<@Nullable FinishedSpan> NEXT = new ThreadLocal<>();

    Span with(FinishedSpan span, java.util.function.Supplier<Span> start) {
      NEXT.set(span);
      try {
        return start.get();
      } finally {
        NEXT.remove();
      }
    }

    private FinishedSpan span() {
      FinishedSpan span = NEXT.get();
      if (span == null) {
        throw new IllegalStateException("a span that nobody has named");
      }
      return span;
    }

    @Override
    public String generateSpanId() {
      return span().id();
    }

    @Override
    public String generateTraceId() {
      return span().trace();
    }
  }
}
