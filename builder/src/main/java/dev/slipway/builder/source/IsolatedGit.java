package dev.slipway.builder.source;

import java.io.File;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the machine's Git configuration away from builds: the same repository gives the same files
 * everywhere, no filter or hook runs, TLS is verified, and JGit writes nothing into the home
 * directory (it would store measurements of the file system there).
 */
final class IsolatedGit extends SystemReader.Delegate {
  private static final AtomicBoolean INSTALLED = new AtomicBoolean();

  private IsolatedGit(SystemReader real) {
    super(real);
  }

  /** JGit knows only one reader for the whole JVM. */
  static void install() {
    if (INSTALLED.compareAndSet(false, true)) {
      SystemReader.setInstance(new IsolatedGit(SystemReader.getInstance()));
      FS.FileStoreAttributes.setBackground(true);
    }
  }

  @Override
  public @Nullable String getenv(String variable) {
    // GIT_CONFIG_GLOBAL, GIT_DIR, GIT_TRACE… are for programs that a person runs.
    return variable.startsWith("GIT_") ? null : super.getenv(variable);
  }

  @Override
  public FileBasedConfig openUserConfig(@Nullable Config parent, FS fs) {
    return new Empty(parent, fs);
  }

  @Override
  public FileBasedConfig openSystemConfig(@Nullable Config parent, FS fs) {
    return new Empty(parent, fs);
  }

  @Override
  public FileBasedConfig openJGitConfig(@Nullable Config parent, FS fs) {
    return new Empty(parent, fs);
  }

  private static final class Empty extends FileBasedConfig {
    private static final long TICK =
        10; // milliseconds; older kernels stamp files with the timer's tick

    Empty(@Nullable Config parent, FS fs) {
      super(parent, new File("/dev/null"), fs);
      Map.of("autocrlf", "false", "symlinks", "true", "filemode", "true")
          .forEach((key, value) -> setString("core", null, key, value));
    }

    /**
     * Says how exact the times of files are. JGit would find out by writing files for a second or
     * two, in the directory of whichever clone comes first, and complain when that goes away.
     */
    @Override
    public long getTimeUnit(
        String section, String subsection, String name, long standard, TimeUnit unit) {
      return section.equals("filesystem")
          ? unit.convert(TICK, TimeUnit.MILLISECONDS)
          : super.getTimeUnit(section, subsection, name, standard, unit);
    }

    @Override
    public void load() {
      // Nothing to read.
    }

    @Override
    public void save() {
      // Nothing is kept.
    }

    @Override
    public boolean isOutdated() {
      return false;
    }
  }
}
