package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.copy.Accounts;
import dev.slipway.builder.copy.CopyItem;
import dev.slipway.builder.copy.CopyPlan;
import dev.slipway.builder.copy.CopySpec;
import dev.slipway.builder.copy.Directories;
import dev.slipway.builder.copy.FileHashes;
import dev.slipway.builder.copy.Lookup;
import dev.slipway.builder.copy.ModeChange;
import dev.slipway.builder.copy.Selection;
import dev.slipway.builder.copy.SourceTree;
import dev.slipway.builder.dockerfile.Add;
import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Heredoc;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Times;
import dev.slipway.builder.plan.TreeRef;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.source.IgnorePatterns;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs COPY, ADD and WORKDIR: their layers are made of entries, without writing into a root file
 * system first.
 */
final class CopyStep {
  private static final int DIRECTORY_MODE = 0755;

  /** So many files are told apart to say which one changed. */
  private static final int MOST_FILES = 1000;

  private final Trees trees;
  private final Layers layers;
  private final Epoch epoch;
  private final Remotes remotes;
  private final FileHashes hashes = new FileHashes();

  CopyStep(Trees trees, Layers layers, Epoch epoch, Remotes remotes) {
    this.trees = trees;
    this.layers = layers;
    this.epoch = epoch;
    this.remotes = remotes;
  }

  /**
   * COPY and ADD, in what they have in common.
   *
   * @param instruction expanded
   * @param add whether sources may be URLs, Git repositories and archives
   */
  record Task(
      Instruction instruction,
      boolean add,
      List<String> sources,
      List<Heredoc> inline,
      String destination,
      Optional<String> from,
      Optional<String> chown,
      Optional<String> chmod,
      boolean link,
      boolean parents,
      List<String> excludes,
      Optional<String> checksum,
      boolean keepGitDir,
      Optional<Boolean> unpack) {

    static Task of(Copy copy) {
      return new Task(
          copy,
          false,
          copy.sources(),
          copy.inline(),
          copy.destination(),
          copy.from(),
          copy.chown(),
          copy.chmod(),
          copy.link(),
          copy.parents(),
          copy.excludes(),
          Optional.empty(),
          false,
          Optional.of(false));
    }

    static Task of(Add add) {
      return new Task(
          add,
          true,
          add.sources(),
          add.inline(),
          add.destination(),
          Optional.empty(),
          add.chown(),
          add.chmod(),
          add.link(),
          false,
          add.excludes(),
          add.checksum(),
          add.keepGitDir().orElse(false),
          add.unpack());
    }

    Location location() {
      return instruction.location();
    }
  }

  /** A task whose sources are selected. Closing it lets go of what was downloaded for it. */
  record Prepared(
      StageState state,
      Task task,
      Selection selection,
      StepKey key,
      Times times,
      List<AutoCloseable> downloads)
      implements AutoCloseable {
    @Override
    public void close() {
      for (AutoCloseable download : downloads) {
        try {
          download.close();
        } catch (Exception e) {
          // The layer is made; a leftover download is pruned with the scratch directories.
        }
      }
    }
  }

  /**
   * The key by where the files come from, without a look at them: a stage or image is named by its
   * layers, which need not be here. Empty for sources that are not layers.
   */
  Optional<StepKey> originKey(StageState state, Task task, int stage) throws InterruptedException {
    if (task.from().isEmpty()) {
      return Optional.empty();
    }
    Optional<List<String>> layersOfSource =
        trees.identity(trees.reference(task.from().get(), stage, task.location()));
    if (layersOfSource.isEmpty()) {
      return Optional.empty();
    }
    StepKey.Builder key = StepKey.of("COPY --from");
    filesBefore(key, state, task);
    key.add("the stage or image that it copies from", layersOfSource.get())
        .add("its sources", task.sources())
        .add("--exclude", task.excludes());
    return Optional.of(options(key, state, task).build());
  }

  /** Selects the sources and works out the key. */
  Prepared prepare(StageState state, Task task, int stage, Reporter.Running progress)
      throws InterruptedException, IOException {
    Trees.Tree tree =
        trees.open(
            task.from()
                .map(name -> trees.reference(name, stage, task.location()))
                .orElse(new TreeRef.MainContext()));
    List<AutoCloseable> downloads = new ArrayList<>();
    List<CopyItem> items = new ArrayList<>();
    for (String source : task.sources()) {
      Optional<Remotes.Fetched> remote = remotes.fetch(source, task);
      if (remote.isPresent()) {
        downloads.add(remote.get());
        items.add(remote.get().item());
      } else {
        if (task.checksum().isPresent()) {
          throw new BuildException(
              ErrorCode.DOCKERFILE_SYNTAX,
              "--checksum is for http(s) and Git sources, and " + source + " is a file",
              task.location());
        }
        boolean unpack = task.unpack().orElse(task.add());
        items.add(new CopyItem.Path(sourceTree(tree, task), source, unpack));
      }
    }
    for (Heredoc document : task.inline()) {
      items.add(new CopyItem.Inline(document.name(), document.text()));
    }
    CopySpec spec =
        new CopySpec(
            items,
            task.destination(),
            state.config().workingDir().isEmpty() ? "/" : state.config().workingDir(),
            task.chown(),
            task.chmod().map(text -> mode(text, task)),
            task.excludes().isEmpty() ? IgnorePatterns.none() : IgnorePatterns.of(task.excludes()),
            task.parents(),
            task.link(),
            task.location());
    Selection selection = Selection.of(spec);
    for (String pattern : selection.unmatched()) {
      progress.note("nothing matches " + pattern);
    }
    boolean ofContext = tree.contextTimes();
    return new Prepared(
        state,
        task,
        selection,
        key(state, task, selection),
        ofContext ? epoch.ofContext() : epoch.ofSteps(),
        downloads);
  }

  /**
   * Who has a use for the new layer.
   *
   * @param exported it is part of the result
   * @param mounted something will read its files
   * @param unpacked the layers below it are there as files, or will be
   */
  record Use(boolean exported, boolean mounted, boolean unpacked) {}

  /**
   * Begins to read what {@link #execute} will want to know of the layers below. Before others hear
   * that the step has to run: they may expect less of the same layers, and are served by one
   * reading.
   */
  void expect(StageState state, Task task, Use use) {
    if (seesBelow(task)) {
      layers.expect(state.layers(), use.unpacked() || hasNames(task));
    }
  }

  /** As {@link #expect(StageState, Task, Use)}, for {@link #makeDirectory}. */
  void expect(StageState state, String user, Use use) {
    layers.expect(state.layers(), use.unpacked() || isNamed(user));
  }

  /** Makes the layer. */
  Layer execute(Prepared prepared, Use use) throws IOException {
    Task task = prepared.task();
    try (Destination destination =
        seesBelow(task)
            ? destination(prepared.state(), use.unpacked() || hasNames(task))
            : Destination.UNSEEN) {
      Lookup lookup = task.link() ? Lookup.EMPTY : destination.lookup();
      CopyPlan plan = CopyPlan.of(prepared.selection(), lookup, destination.accounts());
      return layers.write(prepared.times().applyTo(plan.entries()), use.exported(), use.mounted());
    }
  }

  /** WORKDIR: the layer with the missing directories; it may be empty. */
  Layer makeDirectory(StageState state, String path, String user, Use use) throws IOException {
    try (Destination destination = destination(state, use.unpacked() || isNamed(user))) {
      Entries entries =
          Directories.make(
              destination.lookup(),
              path,
              destination.accounts().identity(user).owner(),
              DIRECTORY_MODE);
      return layers.write(epoch.ofSteps().applyTo(entries), use.exported(), use.mounted());
    }
  }

  /**
   * The files below a new layer.
   *
   * @param view a mount of them, where they are there as files
   */
  private record Destination(Lookup lookup, Accounts accounts, Optional<Trees.Opened> view)
      implements AutoCloseable {
    static final Destination UNSEEN =
        new Destination(Lookup.EMPTY, Accounts.NONE, Optional.empty());

    @Override
    public void close() {
      view.ifPresent(Trees.Opened::close);
    }
  }

  private Destination destination(StageState state, boolean asFiles) {
    if (state.layers().isEmpty()) {
      return Destination.UNSEEN;
    }
    if (!asFiles) {
      Optional<Lookup> lookup = layers.lookup(state.layers());
      if (lookup.isPresent()) {
        return new Destination(lookup.get(), Accounts.NONE, Optional.empty());
      }
    }
    Trees.Opened view = trees.merged(state.layers());
    return new Destination(Lookup.of(view.root()), Accounts.of(view.root()), Optional.of(view));
  }

  private StepKey key(StageState state, Task task, Selection selection) throws IOException {
    StepKey.Builder key = StepKey.of(task.add() ? "ADD" : "COPY");
    filesBefore(key, state, task);
    Selection.Digests digests = selection.digests(hashes, MOST_FILES);
    key.addCopied(digests.digest(), digests.files());
    return options(key, state, task).build();
  }

  /** Whether what is below has a say in the layer. */
  private static boolean seesBelow(Task task) {
    return !task.link() || hasNames(task);
  }

  /** Whether files of the image say who the owner is. */
  private static boolean hasNames(Task task) {
    return task.chown().filter(Accounts::hasNames).isPresent();
  }

  /** Who the user is stands in a file of the image, unless it is root, as it mostly is. */
  private static boolean isNamed(String user) {
    return !user.isEmpty() && !user.equals("root") && !user.equals("0");
  }

  private static void filesBefore(StepKey.Builder key, StageState state, Task task) {
    if (seesBelow(task)) {
      key.addFilesBefore(state.filesKey(), state.inherited());
    }
  }

  private static StepKey.Builder options(StepKey.Builder key, StageState state, Task task) {
    List<String> documents = new ArrayList<>();
    task.inline().forEach(document -> documents.add(document.name() + "\n" + document.text()));
    return key.add("the inline files", documents)
        .add("the destination", task.destination())
        .add("the working directory", state.config().workingDir())
        .add("--chown", task.chown().orElse(""))
        .add("--chmod", task.chmod().orElse(""))
        .add("--link", Boolean.toString(task.link()))
        .add("--parents", Boolean.toString(task.parents()));
  }

  private static SourceTree sourceTree(Trees.Tree tree, Task task) {
    return tree.ignore()
        .map(ignore -> SourceTree.context(tree.root(), ignore))
        .orElseGet(() -> SourceTree.rootfs(tree.root(), task.from().orElse("the source")));
  }

  private static ModeChange mode(String text, Task task) {
    try {
      return ModeChange.parse(text);
    } catch (IllegalArgumentException e) {
      throw new BuildException(
          ErrorCode.DOCKERFILE_SYNTAX, String.valueOf(e.getMessage()), task.location());
    }
  }
}
