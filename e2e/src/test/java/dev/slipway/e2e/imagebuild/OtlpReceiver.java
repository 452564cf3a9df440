package dev.slipway.e2e.imagebuild;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * A collector of OpenTelemetry traces: OTLP over HTTP, as protobuf, read by hand. It answers every
 * request with success and keeps the spans. It does not model: JSON, gRPC, compression, partial
 * success, back-pressure, links, events, span kinds, attributes other than texts, numbers and
 * booleans, and it checks no schema: fields that it does not know it passes over.
 */
final class OtlpReceiver implements AutoCloseable {
  /**
   * A span as it came in; told twice, it is the later one.
   *
   * @param start nanoseconds since the epoch
   */
  record Span(
      String service,
      String trace,
      String id,
      String parent,
      String name,
      long start,
      long end,
      Map<String, String> attributes,
      boolean failed) {}

  private final HttpServer server;
  private final Map<String, Span> spans = new ConcurrentHashMap<>();

  OtlpReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/traces", this::receive);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  List<Span> spans() {
    return List.copyOf(spans.values());
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      boolean fits =
          "application/x-protobuf".equals(exchange.getRequestHeaders().getFirst("Content-Type"));
      if (fits) {
        new Message(body).messages(1).forEach(this::resource);
      }
      exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(fits ? 200 : 415, -1);
    }
  }

  private void resource(Message resourceSpans) {
    String service =
        attributes(resourceSpans.messages(1).getFirst(), 1).getOrDefault("service.name", "");
    for (Message scope : resourceSpans.messages(2)) {
      for (Message span : scope.messages(2)) {
        Span read =
            new Span(
                service,
                HexFormat.of().formatHex(span.bytes(1)),
                HexFormat.of().formatHex(span.bytes(2)),
                HexFormat.of().formatHex(span.bytes(4)),
                span.text(5),
                span.number(7),
                span.number(8),
                attributes(span, 9),
                span.messages(15).stream().anyMatch(status -> status.number(3) == 2));
        spans.put(read.id(), read);
      }
    }
  }

  private static Map<String, String> attributes(Message of, int field) {
    Map<String, String> attributes = new TreeMap<>();
    for (Message attribute : of.messages(field)) {
      Message value = attribute.messages(2).getFirst();
      attributes.put(
          attribute.text(1),
          value.has(1)
              ? value.text(1)
              : value.has(2) ? Boolean.toString(value.number(2) != 0) : "" + value.number(3));
    }
    return attributes;
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /** A message of protobuf's wire format: numbered fields, each a number or bytes. */
  private static final class Message {
    private record Field(int number, long value, byte[] bytes) {}

    private final List<Field> fields = new ArrayList<>();

    Message(byte[] encoded) {
      ByteBuffer in = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
      while (in.hasRemaining()) {
        long key = varint(in);
        int number = (int) (key >>> 3);
        switch ((int) (key & 7)) {
          case 0 -> fields.add(new Field(number, varint(in), new byte[0]));
          case 1 -> fields.add(new Field(number, in.getLong(), new byte[0]));
          case 2 -> {
            byte[] bytes = new byte[(int) varint(in)];
            in.get(bytes);
            fields.add(new Field(number, 0, bytes));
          }
          case 5 -> fields.add(new Field(number, in.getInt(), new byte[0]));
          default -> throw new IllegalArgumentException("no wire type of protobuf: " + (key & 7));
        }
      }
    }

    private static long varint(ByteBuffer in) {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = in.get();
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    boolean has(int number) {
      return fields.stream().anyMatch(f -> f.number() == number);
    }

    List<Message> messages(int number) {
      return fields.stream()
          .filter(f -> f.number() == number)
          .map(f -> new Message(f.bytes()))
          .toList();
    }

    byte[] bytes(int number) {
      return fields.stream()
          .filter(f -> f.number() == number)
          .findFirst()
          .map(Field::bytes)
          .orElse(new byte[0]);
    }

    String text(int number) {
      return new String(bytes(number), StandardCharsets.UTF_8);
    }

    long number(int number) {
      return fields.stream()
          .filter(f -> f.number() == number)
          .findFirst()
          .map(Field::value)
          .orElse(0L);
    }
  }
}
