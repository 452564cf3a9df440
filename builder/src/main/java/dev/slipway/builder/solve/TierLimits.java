package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Add;
import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.dockerfile.Mount;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.dockerfile.User;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.plan.FileUse;
import dev.slipway.builder.plan.Plan;
import dev.slipway.builder.plan.StageNode;
import dev.slipway.builder.plan.TreeRef;
import dev.slipway.builder.sandbox.Tier;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a Dockerfile asks for that the tier cannot do, found before anything is fetched or run. As
 * far as the Dockerfile tells: what a variable or a base image brings in, the step itself refuses.
 */
final class TierLimits {
  private final FileUse files;
  private final Tier tier;

  /** Of each stage that was looked at: the USER that is in force at its end. */
  private final Map<Integer, Optional<User>> users = new HashMap<>();

  private TierLimits(FileUse files, Tier tier) {
    this.files = files;
    this.tier = tier;
  }

  /**
   * Refuses what cannot be.
   *
   * @param network the one of steps that do not choose, as the command line has it
   * @throws BuildException {@code UNSUPPORTED}, with the location
   */
  static void check(Plan plan, FileUse files, Tier tier, String network) {
    TierLimits limits = new TierLimits(files, tier);
    for (StageNode node : plan.needed()) {
      switch (tier) {
        case CHROOT -> limits.withoutMounts(node, network);
        case RESTRICTED -> limits.users.put(node.index(), limits.withOneUser(node));
        case USERNS, NESTED, ROOT -> {}
      }
    }
  }

  private void withoutMounts(StageNode node, String network) {
    for (Instruction instruction : node.stage().instructions()) {
      if (!(instruction instanceof Run run)) {
        continue;
      }
      boolean none =
          switch (run.network()) {
            case NONE -> true;
            case DEFAULT -> network.equals("none");
            case HOST -> false;
          };
      if (none) {
        throw refused("--network=none", "it has no network namespaces", run.location());
      }
      if (run.security() == Run.Security.INSECURE) {
        throw refused("--security=insecure", "its pod has no rights to give", run.location());
      }
      Set<String> caches = new HashSet<>();
      for (Mount mount : mounts(run)) {
        if (mount instanceof Mount.Tmpfs tmpfs && tmpfs.size().isPresent()) {
          throw refused(
              "--mount=type=tmpfs with size=",
              "it has no file system that could be limited; leave the size out",
              run.location());
        }
        if (mount instanceof Mount.Cache cache && !caches.add(cache.id())) {
          throw refused(
              "the cache \"" + cache.id() + "\" at two places of one step",
              "a cache is moved to its place; mount it once",
              run.location());
        }
      }
    }
  }

  private Optional<User> withOneUser(StageNode node) {
    List<Instruction> all = node.stage().instructions();
    Optional<User> user =
        node.base() instanceof TreeRef.OfStage(int below)
            ? users.getOrDefault(below, Optional.empty())
            : Optional.empty();
    for (int i = 0; i < all.size(); i++) {
      List<Instruction> rest = all.subList(i + 1, all.size());
      switch (all.get(i)) {
        case User changed -> user = Optional.of(changed);
        case Run run -> runAs(user, run);
        case Copy copy -> own("--chown", copy.chown(), node, copy, rest);
        case Add add -> own("--chown", add.chown(), node, add, rest);
        default -> {}
      }
    }
    return user;
  }

  private void runAs(Optional<User> user, Run run) {
    if (user.isPresent() && isOther(user.get().user())) {
      throw refused(
          "USER " + user.get().user(),
          "only root exists in it, and the RUN in line "
              + run.location().line()
              + " would be run as"
              + " somebody else",
          user.get().location());
    }
    for (Mount mount : mounts(run)) {
      OptionalLong uid;
      OptionalLong gid;
      switch (mount) {
        case Mount.Cache(_, _, _, _, _, _, _, OptionalLong u, OptionalLong g) -> {
          uid = u;
          gid = g;
        }
        case Mount.Secret(_, _, _, _, _, OptionalLong u, OptionalLong g) -> {
          uid = u;
          gid = g;
        }
        case Mount.Ssh(_, _, _, _, OptionalLong u, OptionalLong g) -> {
          uid = u;
          gid = g;
        }
        case Mount.Bind _, Mount.Tmpfs _ -> {
          continue;
        }
      }
      if (uid.orElse(0) != 0 || gid.orElse(0) != 0) {
        throw refused("--mount with another uid or gid", "only root exists in it", run.location());
      }
    }
  }

  /** Nothing is lost where only the layer is made; where steps work on the files, it would be. */
  private void own(
      String flag,
      Optional<String> owner,
      StageNode node,
      Instruction instruction,
      List<Instruction> rest) {
    if (owner.filter(TierLimits::isOther).isPresent() && files.areRead(node, rest)) {
      throw refused(
          flag + "=" + owner.get(),
          "only root exists in it, and later steps work on these files; copy them last, or from a"
              + " stage of its own",
          instruction.location());
    }
  }

  /** Whether this surely is not root: with a variable in it, nobody knows yet. */
  private static boolean isOther(String user) {
    if (user.contains("$")) {
      return false;
    }
    for (String part : user.split(":", 2)) {
      if (!part.isEmpty() && !part.equals("root") && !part.matches("0+")) {
        return true;
      }
    }
    return false;
  }

  /** Empty where they cannot be read before their variables are known. */
  private static List<Mount> mounts(Run run) {
    try {
      return run.mounts();
    } catch (BuildException e) {
      return List.of();
    }
  }

  private BuildException refused(String what, String why, Location place) {
    return new BuildException(
        ErrorCode.UNSUPPORTED,
        "%s is not possible in the isolation tier %s: %s. Build where a stronger tier works (see docs/security.md)"
            .formatted(what, tier.label(), why),
        place);
  }
}
