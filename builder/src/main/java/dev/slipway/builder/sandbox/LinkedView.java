package dev.slipway.builder.sandbox;

import dev.slipway.builder.layer.LayerStack;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Layers as one directory of hard links to their files, which only the builder reads. */
record LinkedView(Dir dir) implements View {

  static LinkedView of(List<Path> lowers, Path scratch) throws IOException {
    try (Dir parent = Dir.open(scratch);
        LayerStack stack = LayerStack.open(lowers)) {
      parent.mkdir("linked", 0755);
      Dir target = parent.openDir("linked");
      boolean linked = false;
      try {
        stack.linkInto(target);
        linked = true;
        return new LinkedView(target);
      } finally {
        if (!linked) {
          target.close();
        }
      }
    }
  }

  @Override
  public void close() {
    dir.close();
  }
}
