package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** How Slipway grows with one dimension of the input while the others stay. */
enum Scaling {
  FILES("files in one COPY", 12_500),
  MEGABYTES("MB in one COPY that do not compress", 128),
  LAYERS("chained RUN steps, a layer each", 8),
  STAGES("independent stages with a trivial RUN", 5);

  private final String title;
  private final int smallest;

  Scaling(String title, int smallest) {
    this.title = title;
    this.smallest = smallest;
  }

  String title() {
    return title;
  }

  List<Integer> sizes() {
    return List.of(smallest, 2 * smallest, 4 * smallest, 8 * smallest, 16 * smallest);
  }

  /** As on the command line. */
  String label() {
    return "scaling-" + name().toLowerCase(java.util.Locale.ROOT);
  }

  String subject(int size) {
    return label() + "-" + size;
  }

  void write(Path context, String registry, int size) throws IOException {
    String debian = registry + "/" + Bases.DEBIAN;
    switch (this) {
      case FILES -> Contexts.smallFiles(context, debian, size);
      case MEGABYTES -> Contexts.incompressible(context, debian, size);
      case LAYERS -> Contexts.chain(context, debian, size);
      case STAGES -> Contexts.stages(context, debian, size, 1);
    }
  }
}
