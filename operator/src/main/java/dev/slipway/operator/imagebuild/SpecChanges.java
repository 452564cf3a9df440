package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which writes to an ImageBuild are worth a look: not those that we do ourselves. */
public final class SpecChanges {
  private SpecChanges() {}

  /** Whether the spec, a request, or the end of the object is in this update. */
  public static boolean matter(ImageBuild after, ImageBuild before) {
    return !Objects.equals(
            after.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || !Objects.equals(
            after.getMetadata().getDeletionTimestamp(), before.getMetadata().getDeletionTimestamp())
        || !Objects.equals(after.getMetadata().getUid(), before.getMetadata().getUid())
        || differs(after, before, ImageBuild.REQUESTED_AT)
        || differs(after, before, ImageBuild.CANCEL_REQUESTED_AT)
        // A server without generations, or a status that somebody wiped.
        || !Objects.equals(after.getSpec(), before.getSpec())
        || (isBlank(after) && !isBlank(before));
  }

  private static boolean isBlank(ImageBuild build) {
    return build.getStatus() == null || build.getStatus().saysNothing();
  }

  private static boolean differs(ImageBuild after, ImageBuild before, String annotation) {
    return !Objects.equals(value(after, annotation), value(before, annotation));
  }

  private static @Nullable String value(ImageBuild build, String annotation) {
    Map<String, String> annotations = build.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(annotation);
  }
}
