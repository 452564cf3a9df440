package dev.slipway.builder.cli;

import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that is there while a step waits for something outside of the build, and says for what:
 * for a probe of whoever runs the builder. Progress is shown as before.
 */
final class WaitingFile implements Progress {
  private final Progress shown;
  private final Path file;
  private int waiting; // number of the step; guarded by this
  private boolean told; // guarded by this

  WaitingFile(Progress shown, Path file) {
    this.shown = shown;
    this.file = file;
  }

  @Override
  public void event(Event event) {
    note(event);
    shown.event(event);
  }

  private synchronized void note(Event event) {
    if (event instanceof Event.Note note && note.waits()) {
      waiting = note.step().number();
      write(note.text());
    } else if (event instanceof Event.Finished && event.step().number() == waiting) {
      delete();
    }
  }

  /** Whoever reads it reads all of it. */
  private void write(String text) {
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.writeString(draft, text + "\n", StandardCharsets.UTF_8);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (!told) {
        told = true;
        shown.warning("that the build waits cannot be written to " + file + ": " + e.getMessage());
      }
    }
  }

  private void delete() {
    waiting = 0;
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      shown.warning("the file " + file + " cannot be deleted: " + e.getMessage());
    }
  }

  @Override
  public void warning(String text) {
    shown.warning(text);
  }

  @Override
  public void close() {
    shown.close();
  }
}
