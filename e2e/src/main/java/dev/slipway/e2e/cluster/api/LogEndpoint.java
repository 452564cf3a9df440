package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** {@code GET .../pods/NAME/log}. Not modelled: {@code previous}, {@code sinceTime}. */
final class LogEndpoint {
  private volatile PodLogs logs = (namespace, pod, options, out) -> false;

  void setSource(PodLogs source) {
    logs = source;
  }

  void answer(Request request, ObjectPath path, ObjectNode pod)
      throws IOException, InterruptedException {
    PodLogs.Options options =
        new PodLogs.Options(
            container(pod, request.query("container")),
            request.flag("follow"),
            number(request.query("tailLines")),
            request.flag("timestamps"),
            number(request.query("limitBytes")));
    // The headers go out with the first byte: until then the answer may still be an error.
    try (LateStream out = new LateStream(request)) {
      if (!logs.write(path.namespace(), path.name(), options, out)) {
        throw ApiException.badRequest(
            "container \"%s\" in pod \"%s\" is waiting to start: ContainerCreating"
                .formatted(options.container(), path.name()));
      }
      out.flush();
    }
  }

  private static String container(ObjectNode pod, String wanted) {
    List<String> names = new ArrayList<>();
    for (String list : List.of("/spec/containers", "/spec/initContainers")) {
      pod.at(list).forEach(container -> names.add(container.path("name").asText()));
    }
    String name = Json.string(pod, "/metadata/name");
    if (!wanted.isEmpty() && !names.contains(wanted)) {
      throw ApiException.badRequest("container %s is not valid for pod %s".formatted(wanted, name));
    }
    if (wanted.isEmpty() && pod.at("/spec/containers").size() > 1) {
      throw ApiException.badRequest(
          "a container name must be specified for pod %s, choose one of: %s"
              .formatted(name, names));
    }
    return wanted.isEmpty() ? names.getFirst() : wanted;
  }

  private static long number(String text) {
    try {
      return text.isEmpty() ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest("not a number: " + text);
    }
  }

  private static final class LateStream extends OutputStream {
    private final Request request;
    private OutputStream out = OutputStream.nullOutputStream();
    private boolean started;

    LateStream(Request request) {
      this.request = request;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      start();
      out.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      start();
      out.flush();
    }

    private void start() throws IOException {
      if (!started) {
        started = true;
        out = request.stream("text/plain");
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
