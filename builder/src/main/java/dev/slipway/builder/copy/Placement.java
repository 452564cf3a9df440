package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.source.Paths;
import java.io.IOException;
import java.util.Optional;

/**
 * Where selected files go, by the rules of BuildKit's copier (tonistiigi/fsutil, copy.Copy): links
 * in the destination's own path are followed, also its last one; below it nothing is.
 */
final class Placement {
  private final Selection selection;
  private final CopySpec spec;
  private final DestinationTree tree;
  private final Accounts accounts;

  Placement(Selection selection, Lookup destination, Accounts accounts) {
    this.selection = selection;
    this.spec = selection.spec();
    this.tree = new DestinationTree(spec.link() ? Lookup.EMPTY : destination);
    this.accounts = accounts;
  }

  CopyPlan plan() throws IOException {
    try {
      Optional<Owner> owner = owner();
      String destination = absolute();
      for (SelectedRoot root : selection.roots()) {
        place(root, destination, owner);
      }
      return new CopyPlan(tree);
    } catch (BuildException e) {
      throw e.at(spec.location());
    } catch (LinuxException e) {
      if (e.errno() == Errno.ELOOP) {
        throw failure(
            "the destination leads through symbolic links in a circle: " + e.getMessage());
      }
      throw e;
    }
  }

  private Optional<Owner> owner() throws IOException {
    if (spec.chown().isEmpty()) {
      return Optional.empty();
    }
    String chown = spec.chown().get();
    if (spec.link() && Accounts.hasNames(chown)) {
      throw failure(
          "--chown="
              + chown
              + " needs the image's own list of users, and --link does not look at the image; give"
              + " numbers, or drop --link");
    }
    return Optional.of(accounts.owner(chown));
  }

  /** The destination below the root; a trailing slash is kept, and means a directory. */
  private String absolute() {
    String text = spec.destination();
    String whole = text.startsWith("/") ? text : spec.workdir() + "/" + text;
    boolean directory =
        text.isEmpty() || text.equals(".") || text.endsWith("/") || text.endsWith("/.");
    String clean = Paths.rooted(whole);
    return directory && !clean.isEmpty() ? clean + "/" : clean;
  }

  private void place(SelectedRoot root, String destination, Optional<Owner> owner)
      throws IOException {
    boolean slash = destination.isEmpty() || destination.endsWith("/");
    String plain =
        destination.endsWith("/")
            ? destination.substring(0, destination.length() - 1)
            : destination;
    if (root.archive().isPresent()) {
      // Unlike for a copy, --chmod does not reach what unpacking makes.
      unpack(root, tree.makeDirectories(plain, 0755, owner.orElse(Owner.ROOT)), owner);
      return;
    }
    directories(slash ? plain : DestinationTree.parent(plain), owner);
    String target = tree.resolve(plain);
    DestinationTree.At at = target.isEmpty() ? root() : tree.find(target);
    if (root.directory()) {
      if (at != null && !at.isDirectory()) {
        throw failure(
            "a directory cannot be copied onto /"
                + target
                + ", which is a file; remove it first, or choose another destination");
      }
      directories(target, owner);
      for (Node node : root.nodes()) {
        tree.put(moved(node, join(target, node.path()), owner, true));
      }
    } else {
      if (at == null || !at.isDirectory()) {
        requireDirectory(target);
      }
      boolean into = at != null && at.isDirectory();
      String path = into ? join(target, root.name()) : target;
      directories(DestinationTree.parent(path), owner);
      tree.put(moved(root.nodes().getFirst(), path, owner, true));
    }
  }

  /** Several files, named or found by one pattern, would overwrite each other at one path. */
  private void requireDirectory(String target) {
    if (selection.roots().stream().filter(r -> !r.directory()).count() > 1) {
      throw failure(
          "several sources need a directory as destination: end it with a slash, as in /"
              + target
              + "/");
    }
  }

  private static DestinationTree.At root() {
    return new DestinationTree.At(FileType.DIRECTORY, "");
  }

  private void unpack(SelectedRoot root, String target, Optional<Owner> owner) throws IOException {
    for (Node node : root.nodes()) {
      String path = join(target, node.path());
      String parent = tree.makeDirectories(DestinationTree.parent(path), 0755, Owner.ROOT);
      String name = path.substring(path.lastIndexOf('/') + 1);
      tree.replace(moved(node, join(parent, name), owner, false));
    }
  }

  /** Makes what is missing of a path. As in BuildKit, --chown and an octal --chmod reach it. */
  private String directories(String path, Optional<Owner> owner) throws IOException {
    int mode = 0755;
    if (spec.mode().isPresent()) {
      // Without setuid, setgid and sticky: mkdir(2) of Go's os.Mkdir drops them.
      mode = spec.mode().get().octal().orElse(mode) & 0777;
    }
    return tree.makeDirectories(path, mode, owner.orElse(Owner.ROOT));
  }

  private Node moved(Node node, String path, Optional<Owner> owner, boolean chmod) {
    Attributes attributes = node.attributes();
    if (owner.isPresent()) {
      attributes = attributes.withOwner(owner.get().uid(), owner.get().gid());
    }
    if (chmod && spec.mode().isPresent() && node.type() != FileType.SYMLINK) {
      int mode = spec.mode().get().apply(attributes.mode(), node.isDirectory());
      attributes = attributes.withMode(mode);
    }
    return new Node(
        path,
        node.type(),
        attributes,
        node.target(),
        node.major(),
        node.minor(),
        node.size(),
        node.link(),
        node.bytes());
  }

  private static String join(String parent, String name) {
    return name.isEmpty() ? parent : FileName.join(parent, name);
  }

  private BuildException failure(String message) {
    return new BuildException(ErrorCode.DESTINATION_INVALID, message, spec.location());
  }
}
