package dev.slipway.builder.plan;

import dev.slipway.builder.dockerfile.Add;
import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.dockerfile.Workdir;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which stages must be there as files, and not only as layers that are passed on: those that a RUN
 * works in, that another stage copies from or mounts, or that are the result where it is wanted as
 * files. As far as the Dockerfile tells: whoever needs the files of another stage can still have
 * them, more slowly.
 */
public final class FileUse {
  private final Plan plan;
  private final Set<Integer> read = new HashSet<>();

  /**
   * Of one build.
   *
   * @param resultAsFiles whether an output wants the target's files
   */
  public FileUse(Plan plan, boolean resultAsFiles) {
    this.plan = plan;
    Set<Integer> open = new HashSet<>();
    if (resultAsFiles) {
      open.add(plan.target().index());
    }
    for (StageNode node : plan.needed()) {
      open.addAll(node.sources());
      if (runs(node.stage().instructions()) && node.base() instanceof TreeRef.OfStage(int index)) {
        open.add(index);
      }
    }
    // Whose files are read, what it is based on is read with it.
    open.forEach(index -> {
      int at = index;
      while (read.add(at) && plan.nodes().get(at).base() instanceof TreeRef.OfStage(int below)) {
        at = below;
      }
    });
  }

  /** Whether the files of a stage are there anyway: something reads them, or has read them. */
  public boolean hasFiles(StageNode node) {
    return read.contains(node.index())
        || runs(node.stage().instructions())
        || (node.base() instanceof TreeRef.OfStage(int below) && hasFiles(plan.nodes().get(below)));
  }

  /**
   * Whether the files that an instruction makes are read as files.
   *
   * @param rest the instructions of its stage after it
   */
  public boolean areRead(StageNode node, List<Instruction> rest) {
    return read.contains(node.index())
        || runs(rest)
        || (hasFiles(node)
            && rest.stream()
                .anyMatch(
                    one -> one instanceof Copy || one instanceof Add || one instanceof Workdir));
  }

  private static boolean runs(List<Instruction> instructions) {
    return instructions.stream().anyMatch(Run.class::isInstance);
  }
}
