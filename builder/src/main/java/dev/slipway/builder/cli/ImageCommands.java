package dev.slipway.builder.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageArchive;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.NamedImage;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.output.ArchivedImages;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.LocalImages;
import dev.slipway.builder.output.RegistryPush;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.ResolvedImage;
import dev.slipway.builder.solve.EngineSettings;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The commands that look at one image: in the local store if it is there, else in its registry. */
final class ImageCommands {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ImageCommands() {}

  /** Finds an image. */
  static FinishedImage find(
      ImageReference reference, Platform platform, ContentStore store, RegistryClient registry) {
    return new LocalImages(store)
        .find(reference)
        .orElseGet(() -> remote(reference, registry.resolve(reference, platform), registry));
  }

  private static FinishedImage remote(
      ImageReference reference, ResolvedImage image, RegistryClient registry) {
    List<FinishedImage.ImageLayer> layers = new ArrayList<>();
    for (Descriptor layer : image.manifest().content().layers()) {
      layers.add(
          new FinishedImage.ImageLayer(
              registry.blob(reference.name(), layer), Optional.of(reference)));
    }
    return new FinishedImage(image.manifest(), image.config(), layers);
  }

  /** {@code slipway history}: each step of an image, newest first. */
  static final class HistoryCommand implements Subcommand {
    private String image = "";
    private boolean whole;
    private @Nullable String platform;
    private EngineOptions engine = new EngineOptions();

    @Override
    public void declare(Flags flags) {
      flags.describe("Show the steps that made an image, newest first.");
      flags.operand("IMAGE", "Name of the image.", value -> image = value);
      flags.flag("--no-trunc", "Show instructions whole.", value -> whole = value);
      flags.text("--platform", "OS/ARCH", "Of several, which one.", value -> platform = value);
      engine.declare(flags);
    }

    @Override
    public Integer call() {
      EngineSettings settings = engine.settings();
      try (ContentStore store = ContentStore.open(settings.store());
          RegistryClient registry = new RegistryClient(settings.registries())) {
        FinishedImage found =
            find(ImageReference.parse(image), platformOrLocal(platform), store, registry);
        print(found, System.out);
      }
      return 0;
    }

    private void print(FinishedImage found, PrintStream out) {
      out.printf("%-22s%-46s%-10s%s%n", "CREATED", "CREATED BY", "SIZE", "COMMENT");
      List<History> history = found.config().content().history();
      List<Descriptor> layers = found.manifest().content().layers();
      List<String> lines = new ArrayList<>();
      int layer = 0;
      for (History step : history) {
        String size = "0B";
        if (!step.emptyLayer() && layer < layers.size()) {
          size = RegistryPush.size(layers.get(layer++).size());
        }
        String by = step.createdBy().replaceAll("\\s+", " ");
        lines.add(
            String.format(
                Locale.ROOT,
                "%-22s%-46s%-10s%s",
                step.created() == null
                    ? ""
                    : step.created().truncatedTo(ChronoUnit.SECONDS).toString(),
                whole || by.length() <= 45 ? by : by.substring(0, 44) + "…",
                size,
                step.comment()));
      }
      lines.reversed().forEach(out::println);
    }
  }

  /** {@code slipway inspect}: all that an image says of itself, as JSON. */
  static final class InspectCommand implements Subcommand {
    private String image = "";
    private @Nullable String platform;
    private EngineOptions engine = new EngineOptions();

    @Override
    public void declare(Flags flags) {
      flags.describe("Show digest, config, layers and history of an image as JSON.");
      flags.operand("IMAGE", "Name of the image.", value -> image = value);
      flags.text("--platform", "OS/ARCH", "Of several, which one.", value -> platform = value);
      engine.declare(flags);
    }

    @Override
    public Integer call() throws IOException {
      EngineSettings settings = engine.settings();
      try (ContentStore store = ContentStore.open(settings.store());
          RegistryClient registry = new RegistryClient(settings.registries())) {
        ImageReference reference = ImageReference.parse(image);
        FinishedImage found = find(reference, platformOrLocal(platform), store, registry);
        ObjectNode out = JSON.createObjectNode();
        out.put("name", reference.withDefaultTag().familiar());
        out.put("digest", found.manifest().digest().toString());
        out.put("mediaType", found.manifest().mediaType().value());
        out.put("imageId", found.config().digest().toString());
        out.put("size", found.manifest().content().size());
        ArrayNode layers = out.putArray("layers");
        for (Descriptor layer : found.manifest().content().layers()) {
          layers
              .addObject()
              .put("mediaType", layer.mediaType().value())
              .put("digest", layer.digest().toString())
              .put("size", layer.size());
        }
        out.set("config", JSON.readTree(found.config().bytes()));
        System.out.println(out.toPrettyString());
      }
      return 0;
    }
  }

  /** {@code slipway push}: sends an image of the local store to its registry. */
  static final class PushCommand implements Subcommand {
    private String image = "";
    private EngineOptions engine = new EngineOptions();

    @Override
    public void declare(Flags flags) {
      flags.describe("Push an image of the local store to the registry that its name says.");
      flags.operand("IMAGE", "Name of the image.", value -> image = value);
      engine.declare(flags);
    }

    @Override
    public Integer call() throws InterruptedException {
      EngineSettings settings = engine.settings();
      try (ContentStore store = ContentStore.open(settings.store());
          RegistryClient registry = new RegistryClient(settings.registries())) {
        ImageReference name = ImageReference.parse(image);
        FinishedImage stored =
            new LocalImages(store)
                .find(name)
                .orElseThrow(() ->
                    new dev.slipway.builder.failure.BuildException(
                        dev.slipway.builder.failure.ErrorCode.IMAGE_NOT_FOUND,
                        name.familiar()
                            + " is not in the local store; build it with -t, or load it"));
        new RegistryPush(registry, System.err::println).push(stored, List.of(name));
        System.out.println(stored.manifest().digest());
      }
      return 0;
    }
  }

  /** {@code slipway load}: takes the images of an archive into the local store. */
  static final class LoadCommand implements Subcommand {
    private @Nullable Path input;
    private @Nullable String platform;
    private EngineOptions engine = new EngineOptions();

    @Override
    public void declare(Flags flags) {
      flags.describe("Load images from a docker archive or an OCI layout into the local store.");
      flags.path(
          "-i, --input",
          "FILE",
          "A tar or a layout directory; standard input by default.",
          value -> input = value);
      flags.text("--platform", "OS/ARCH", "Of several, which one.", value -> platform = value);
      engine.declare(flags);
    }

    @Override
    public Integer call() throws IOException {
      try (ContentStore store = ContentStore.open(engine.settings().store())) {
        Path scratch = store.newScratch("load");
        try {
          Path file = input == null ? scratch.resolve("stdin.tar") : input;
          if (input == null) {
            Files.copy(System.in, file);
          }
          load(store, file);
        } finally {
          store.delete(scratch);
        }
      }
      return 0;
    }

    private void load(ContentStore store, Path file) throws IOException {
      LocalImages local = new LocalImages(store);
      try (ImageArchive archive = ImageArchive.open(file)) {
        for (NamedImage image : archive.images()) {
          FinishedImage finished = ArchivedImages.read(archive, image, platformOrLocal(platform));
          for (ImageReference name : image.names()) {
            local.put(name, finished);
            System.out.println("Loaded image: " + name.familiar());
          }
          if (image.names().isEmpty()) {
            local.putUnnamed(finished);
            System.out.println("Loaded image ID: " + finished.config().digest());
          }
        }
      }
    }
  }

  static Platform platformOrLocal(@Nullable String text) {
    return text == null ? Platform.local() : Platform.parse(text);
  }
}
