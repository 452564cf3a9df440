package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.source.BuildContext.DockerfileText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the Dockerfile and the ignore file that goes with it. Both are read by the engine itself,
 * so neither is hidden by the ignore file, and a symbolic link leads nowhere outside of the
 * directory that holds it: a repository may come from anybody.
 */
final class DockerfileFinder {
  private static final String DEFAULT = "Dockerfile";
  private static final String IGNORE = ".dockerignore";
  private static final int MAX_BYTES = 16 << 20;

  private final String argument;
  private final InputStream stdin;
  private @Nullable DockerfileText given;

  /**
   * @param argument the value of {@code -f}, empty for none
   */
  DockerfileFinder(String argument, InputStream stdin) {
    this.argument = argument;
    this.stdin = stdin;
  }

  /** Takes a Dockerfile that came in place of a context. */
  void useAsDockerfile(InputStream in, String name) throws IOException {
    if (!argument.isEmpty()) {
      throw new BuildException(
          ErrorCode.CONTEXT_INVALID,
          name + " is no archive, so there is no context in which to find " + argument);
    }
    given = new DockerfileText(DEFAULT, bounded(in, name));
  }

  BuildContext local(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new BuildException(
          ErrorCode.CONTEXT_INVALID,
          Files.exists(directory)
              ? "the context " + directory + " is not a directory"
              : "the context " + directory + " does not exist");
    }
    try (Dir root = Dir.open(directory)) {
      Path context = directory.toAbsolutePath().normalize();
      if (argument.isEmpty() || argument.equals("-")) {
        return read(root, directory, Optional.empty(), Optional.empty(), () -> {});
      }
      Path file = Path.of(argument).toAbsolutePath().normalize();
      if (file.startsWith(context) && !file.equals(context)) {
        String inside = context.relativize(file).toString();
        return assemble(
            directory,
            found(root, inside, inside),
            ignore(root, inside),
            Optional.empty(),
            Optional.empty(),
            () -> {});
      }
      return outside(root, directory, file);
    } catch (LinuxException e) {
      throw unreadable("the context " + directory, e);
    } catch (IOException e) {
      throw unreadable("the build context", e);
    }
  }

  /** {@code -f} names a file that is not in the context. */
  private BuildContext outside(Dir root, Path directory, Path file) throws IOException {
    Path parent = file.getParent();
    Path name = file.getFileName();
    if (parent == null || name == null || !Files.isDirectory(parent)) {
      throw missing(argument, "");
    }
    try (Dir holder = Dir.open(parent)) {
      Optional<DockerfileText> text = text(holder, name.toString(), argument);
      if (text.isEmpty()) {
        String hint =
            root.find(argument) == null
                ? ""
                : "; -f is relative to the working directory: did you mean -f "
                    + directory.resolve(argument)
                    + "?";
        throw missing(argument, hint);
      }
      Optional<IgnorePatterns> own = ignoreFile(holder, name + IGNORE);
      return assemble(
          directory,
          text.get(),
          own.isPresent() ? own.get() : ignoreFile(root, IGNORE).orElse(IgnorePatterns.none()),
          Optional.empty(),
          Optional.empty(),
          () -> {});
    }
  }

  BuildContext remote(
      Path directory, Optional<Commit> commit, Optional<Instant> time, Runnable cleanup)
      throws IOException {
    try (Dir root = Dir.open(directory)) {
      return read(root, directory, commit, time, cleanup);
    }
  }

  private BuildContext read(
      Dir root, Path directory, Optional<Commit> commit, Optional<Instant> time, Runnable cleanup)
      throws IOException {
    DockerfileText own = given;
    if (own == null && argument.equals("-")) {
      own = new DockerfileText("-", bounded(stdin, "standard input"));
    }
    if (own != null) {
      IgnorePatterns ignore = ignoreFile(root, IGNORE).orElse(IgnorePatterns.none());
      return assemble(directory, own, ignore, commit, time, cleanup);
    }
    String path = argument.isEmpty() ? DEFAULT : inside(argument);
    if (argument.isEmpty() && root.find(DEFAULT) == null && root.find("dockerfile") != null) {
      path = "dockerfile";
    }
    DockerfileText text = found(root, path, argument.isEmpty() ? path : argument);
    return assemble(directory, text, ignore(root, path), commit, time, cleanup);
  }

  /** A remote context has no working directory that {@code ..} could start from. */
  private static String inside(String argument) {
    String clean = Paths.clean(argument);
    if (clean.equals("..") || clean.startsWith("../")) {
      throw new BuildException(
          ErrorCode.CONTEXT_INVALID, "the Dockerfile " + argument + " is outside of the context");
    }
    return Paths.rooted(clean);
  }

  private static BuildContext assemble(
      Path directory,
      DockerfileText text,
      IgnorePatterns ignore,
      Optional<Commit> commit,
      Optional<Instant> time,
      Runnable cleanup) {
    return new BuildContext(directory, commit, time, ignore, text, cleanup);
  }

  private static DockerfileText found(Dir root, String path, String shown) throws IOException {
    return text(root, path, shown).orElseThrow(() -> missing(shown, nearby(root, path)));
  }

  private static Optional<DockerfileText> text(Dir root, String path, String shown)
      throws IOException {
    try (OpenFile file = root.openFile(path);
        InputStream in = file.inputStream()) {
      return Optional.of(new DockerfileText(shown, bounded(in, shown)));
    } catch (LinuxException e) {
      return switch (e.errno()) {
        case Errno.ENOENT, Errno.ENOTDIR -> Optional.empty();
        case Errno.EINVAL, Errno.EISDIR ->
            throw new BuildException(
                ErrorCode.DOCKERFILE_NOT_FOUND, "the Dockerfile " + shown + " is not a file", e);
        default -> throw unreadable("the Dockerfile " + shown, e);
      };
    }
  }

  private static String nearby(Dir root, String path) {
    try {
      String wanted = path.substring(path.lastIndexOf('/') + 1);
      int slash = path.lastIndexOf('/');
      try (Dir parent = slash < 0 ? root.duplicate() : root.openDir(path.substring(0, slash))) {
        return parent.list().stream()
            .map(entry -> entry.name())
            .filter(name ->
                name.equalsIgnoreCase(wanted)
                    || name.toLowerCase(java.util.Locale.ROOT).startsWith("dockerfile")
                    || name.equals("Containerfile"))
            .filter(name -> !name.endsWith(IGNORE))
            .limit(5)
            .reduce((a, b) -> a + ", " + b)
            .map(names -> "; there is " + names)
            .orElse("");
      }
    } catch (IOException e) {
      return "";
    }
  }

  private static IgnorePatterns ignore(Dir root, String dockerfile) throws IOException {
    Optional<IgnorePatterns> own = ignoreFile(root, dockerfile + IGNORE);
    return own.isPresent() ? own.get() : ignoreFile(root, IGNORE).orElse(IgnorePatterns.none());
  }

  private static Optional<IgnorePatterns> ignoreFile(Dir root, String path) throws IOException {
    try (OpenFile file = root.openFile(path);
        InputStream in = file.inputStream()) {
      return Optional.of(IgnorePatterns.parse(path, bounded(in, path)));
    } catch (LinuxException e) {
      return switch (e.errno()) {
        case Errno.ENOENT, Errno.ENOTDIR -> Optional.empty();
        default -> throw unreadable("the ignore file " + path, e);
      };
    }
  }

  private static String bounded(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new BuildException(
          ErrorCode.CONTEXT_INVALID, name + " is larger than 16 MiB, which no Dockerfile is");
    }
    return ContextLoader.decode(bytes);
  }

  private static BuildException missing(String shown, String hint) {
    return new BuildException(
        ErrorCode.DOCKERFILE_NOT_FOUND,
        "there is no "
            + shown
            + " in the context"
            + hint
            + "; name another file (--file, or spec.dockerfile) or another context");
  }

  private static BuildException unreadable(String what, IOException e) {
    return new BuildException(
        ErrorCode.CONTEXT_INVALID, "cannot read " + what + ": " + e.getMessage(), e);
  }
}
