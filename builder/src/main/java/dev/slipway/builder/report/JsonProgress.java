package dev.slipway.builder.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;

/** One JSON object a line: {@code {"event":"output","step":5,"text":"..."}}. */
public final class JsonProgress implements Progress {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrintStream out;

  public JsonProgress(PrintStream out) {
    this.out = out;
  }

  @Override
  public void event(Event event) {
    ObjectNode line = JSON.createObjectNode();
    line.put("event", name(event));
    line.put("step", event.step().number());
    event.step().stage().ifPresent(stage -> line.put("stage", stage));
    switch (event) {
      case Event.Started started -> line.put("text", started.step().text());
      case Event.Output output -> {
        line.put("text", output.text());
        line.put("stream", output.stderr() ? "stderr" : "stdout");
        line.put("seconds", seconds(output.at()));
      }
      case Event.Note note -> line.put("text", note.text());
      case Event.Lookup lookup -> {
        line.put("cache", lookup.hit() ? "hit" : "miss");
        if (!lookup.hit()) {
          ArrayNode because = line.putArray("because");
          lookup.because().forEach(because::add);
        }
      }
      case Event.Finished finished -> {
        line.put("seconds", seconds(finished.took()));
        switch (finished.outcome()) {
          case Event.Outcome.Done ignored -> line.put("outcome", "done");
          case Event.Outcome.Cached ignored -> line.put("outcome", "cached");
          case Event.Outcome.Cancelled ignored -> line.put("outcome", "cancelled");
          case Event.Outcome.Failed failed ->
              line.put("outcome", "failed").put("message", failed.message());
        }
      }
    }
    print(line);
  }

  @Override
  public void warning(String text) {
    print(JSON.createObjectNode().put("event", "warning").put("text", text));
  }

  @Override
  public void close() {
    out.flush();
  }

  private synchronized void print(ObjectNode line) {
    try {
      out.println(JSON.writeValueAsString(line));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an event could not be written as JSON", e);
    }
    out.flush();
  }

  private static String name(Event event) {
    return switch (event) {
      case Event.Started ignored -> "started";
      case Event.Output ignored -> "output";
      case Event.Note ignored -> "note";
      case Event.Lookup ignored -> "lookup";
      case Event.Finished ignored -> "finished";
    };
  }

  private static double seconds(java.time.Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
