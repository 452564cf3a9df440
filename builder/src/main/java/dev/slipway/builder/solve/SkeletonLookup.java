package dev.slipway.builder.solve;

import dev.slipway.builder.copy.Lookup;
import dev.slipway.builder.layer.Skeleton;
import dev.slipway.builder.linux.FileType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A root file system as the skeletons of its layers tell it: what an overlay of those layers would
 * answer, without any of them unpacked.
 */
record SkeletonLookup(List<Skeleton> topFirst) implements Lookup {

  SkeletonLookup {
    topFirst = List.copyOf(topFirst);
  }

  @Override
  public @Nullable Found find(String path) {
    boolean implied = false;
    for (Skeleton layer : topFirst) {
      switch (layer.find(path)) {
        case Skeleton.Answer.There(Skeleton.Item item) -> {
          return found(implied ? implied(item) : item);
        }
        case Skeleton.Answer.Gone ignored -> {
          return implied ? found(Skeleton.impliedDirectory()) : null;
        }
        case Skeleton.Answer.Implied ignored -> implied = true;
        case Skeleton.Answer.Silent ignored -> {}
      }
    }
    return implied ? found(Skeleton.impliedDirectory()) : null;
  }

  /**
   * What a directory that an upper layer only implies has from what is below it: all but a time.
   */
  private static Skeleton.Item implied(Skeleton.Item below) {
    return below.type() == FileType.DIRECTORY
        ? new Skeleton.Item(below.type(), below.attributes().withMtime(0), "")
        : Skeleton.impliedDirectory();
  }

  private static Found found(Skeleton.Item item) {
    return new Found(item.type(), item.attributes(), item.target());
  }
}
