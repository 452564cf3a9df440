package dev.slipway.builder.store;

import dev.slipway.builder.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Images that somebody named, which is why they do not go unasked: a file a name, that says what
 * the image is and which blobs it is made of. Thread-safe, and safe for several processes.
 */
final class NamedImages {
  private final Path root;

  NamedImages(Path root) {
    this.root = root;
  }

  /** What was kept under a name; a file that is not as it was written counts as none. */
  Optional<String> find(String name) {
    try {
      List<String> lines = Files.readAllLines(file(name));
      return lines.size() > 1 ? Optional.of(lines.getFirst()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Names an image, in place of what had the name.
   *
   * @param what one line that says which image it is
   * @param blobs all that it is made of
   */
  void put(String name, String what, List<Digest> blobs) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(what);
    blobs.forEach(blob -> lines.add(blob.toString()));
    Path temporary = root.resolve(Kind.SCRATCH.folder()).resolve("image-" + UUID.randomUUID());
    Files.write(temporary, lines);
    Files.move(temporary, file(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The blobs of all of them, by their place in the store. */
  Set<Path> blobs() throws IOException {
    Set<Path> blobs = new HashSet<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(root.resolve(Kind.IMAGES.folder()))) {
      for (Path file : files) {
        List<String> lines = Files.readAllLines(file);
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
          int colon = line.indexOf(':');
          if (colon > 0) {
            blobs.add(
                root.resolve(Kind.BLOBS.folder())
                    .resolve(line.substring(0, colon))
                    .resolve(line.substring(colon + 1)));
          }
        }
      }
    } catch (NoSuchFileException e) {
      return blobs; // a name went away meanwhile, or there never was one
    }
    return blobs;
  }

  /** Where a name is kept, if it is. */
  Path file(String name) {
    byte[] digest = Digest.newSha256().digest(name.getBytes(StandardCharsets.UTF_8));
    return root.resolve(Kind.IMAGES.folder()).resolve(HexFormat.of().formatHex(digest));
  }
}
