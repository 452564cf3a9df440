package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of one written commit that are kept in Git LFS. */
final class LfsCheckout {
  private static final Logger LOG = LoggerFactory.getLogger(LfsCheckout.class);
  private static final int SHOWN = 5;

  private final GitRemote remote;
  private final GitTree tree;

  /**
   * @param tree that has been written
   */
  LfsCheckout(GitRemote remote, GitTree tree) {
    this.remote = remote;
    this.tree = tree;
  }

  /** Not a failure: what stays a pointer may be nothing that the build needs. */
  void warn() {
    List<LfsFile> pointers = tree.lfsFiles();
    if (!pointers.isEmpty()) {
      LOG.warn(
          "{} keeps {} of its files in Git LFS, which is not fetched without lfs=true: they are"
              + " the text of their pointers ({})",
          remote,
          pointers.size(),
          names(pointers));
    }
  }

  /**
   * Puts the content of each file in the place of its pointer.
   *
   * @param ref what is built; may be empty
   * @param directory what the tree was written to
   */
  void fetch(String ref, Path directory) throws IOException {
    List<LfsFile> strays = tree.lfsFiles().stream().filter(file -> !file.tracked()).toList();
    if (!strays.isEmpty()) {
      LOG.warn(
          "{} of the files of {} look like Git LFS, but no filter=lfs in .gitattributes says so:"
              + " they stay the text of their pointers ({})",
          strays.size(),
          remote,
          names(strays));
    }
    List<LfsFile> files = tree.lfsFiles().stream().filter(LfsFile::tracked).toList();
    if (files.isEmpty()) {
      return;
    }
    Map<String, LfsFile> objects = new LinkedHashMap<>();
    for (LfsFile file : files) {
      if (file.pointer().extension().isPresent()) {
        throw new BuildException(
            ErrorCode.UNSUPPORTED,
            "%s went through the Git LFS extension %s, which only its own program undoes"
                .formatted(file.path(), file.pointer().extension().get()));
      }
      objects.putIfAbsent(file.oid(), file);
    }
    LfsEndpoint endpoint =
        LfsEndpoint.of(remote, tree.lfsConfig(), new LfsSsh(remote.settings())::authenticate);
    try (Scratch scratch = Scratch.beside(directory, "lfs-")) {
      new LfsClient(endpoint, remote).fetch(List.copyOf(objects.values()), ref, scratch.path());
      try (Dir fetched = Dir.open(scratch.path());
          Dir target = Dir.open(directory)) {
        for (LfsFile file : files) {
          try (OpenFile content = fetched.openFileNoFollow(file.oid())) {
            tree.replace(target, file, content);
          }
        }
      }
    }
  }

  private static String names(List<LfsFile> files) {
    String shown = String.join(", ", files.stream().limit(SHOWN).map(file -> file.path()).toList());
    return files.size() > SHOWN ? shown + ", ..." : shown;
  }
}
