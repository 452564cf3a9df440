package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * What a COPY or ADD takes: walked once, before the destination is known. Its digest is a part of
 * the step's key; its files become entries when {@link CopyPlan} places them.
 */
public final class Selection {
  private final CopySpec spec;
  private final List<SelectedRoot> roots;
  private final List<String> unmatched;

  Selection(CopySpec spec, List<SelectedRoot> roots, List<String> unmatched) {
    this.spec = spec;
    this.roots = List.copyOf(roots);
    this.unmatched = List.copyOf(unmatched);
  }

  /**
   * Walks the sources.
   *
   * @throws BuildException FILE_NOT_FOUND, at the instruction, where a path without wildcards leads
   *     to nothing; CONTEXT_INVALID; UNSUPPORTED
   * @throws IOException where a tree cannot be read
   */
  public static Selection of(CopySpec spec) throws IOException {
    return SourceWalk.of(spec);
  }

  /**
   * The digest of all that ends up in the image, in hex: path, type, mode, owner, link target,
   * extended attributes and content of each file, length-framed. Times take no part, nor does what
   * comes from the instruction's own text.
   */
  public String digest(FileHashes hashes) throws IOException {
    return ContentDigest.of(roots, hashes, 0).digest();
  }

  /**
   * The digest of all, and something that tells the files apart.
   *
   * @param files for each path a short text that changes with the file; where there are many files,
   *     for each directory
   */
  public record Digests(String digest, Map<String, String> files) {}

  /**
   * As {@link #digest}, with what it takes to say later which file changed.
   *
   * @param most how many files or directories are told apart, at most
   */
  public Digests digests(FileHashes hashes, int most) throws IOException {
    return ContentDigest.of(roots, hashes, most);
  }

  /** Patterns that matched nothing, which BuildKit allows; worth a warning. */
  public List<String> unmatched() {
    return unmatched;
  }

  /** How many files, directories and links are selected. */
  public long size() {
    return roots.stream().mapToLong(root -> root.nodes().size()).sum();
  }

  CopySpec spec() {
    return spec;
  }

  List<SelectedRoot> roots() {
    return roots;
  }

  static BuildException failure(CopySpec spec, ErrorCode code, String message) {
    return new BuildException(code, message, spec.location());
  }
}
