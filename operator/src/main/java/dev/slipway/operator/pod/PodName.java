package dev.slipway.operator.pod;

import dev.slipway.operator.digest.Sha256;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Names that follow from what is built, so that whoever computes them twice, before and after a
 * restart, means the same object.
 */
public final class PodName {
  /** A pod's name is also its host name, which ends at 63 characters. */
  private static final int LONGEST = 63;

  private PodName() {}

  /** {@code <imagebuild>-<hash>-<attempt>}, at most 63 characters. */
  public static String of(String imageBuild, BuildRecord build) {
    String hash =
        Sha256.hex(
                inputs(build.inputs(), build.commit()) + "\n" + build.number() + "\n" + imageBuild)
            .substring(0, 10);
    String tail = "-" + hash + "-" + build.attempt();
    // Dots are fine in an object's name, and wrong in a host name.
    String head = imageBuild.replace('.', '-');
    head = head.substring(0, Math.min(head.length(), LONGEST - tail.length()));
    return head + tail;
  }

  /** Name of the ConfigMap that keeps the logs of a build once its pods are gone. */
  public static String log(String imageBuild, long number) {
    String tail = "-log-" + number;
    String head =
        imageBuild.length() + tail.length() <= 253
            ? imageBuild
            : imageBuild.substring(0, 200) + "-" + Sha256.hex(imageBuild).substring(0, 10);
    return head + tail;
  }

  /** Hash of everything that goes into the image: 16 hex digits. */
  public static String inputs(Map<String, String> inputs, @Nullable String commit) {
    StringBuilder text = new StringBuilder("commit=" + commit + "\n");
    // Lengths keep "a=b\nc" and two entries apart.
    new TreeMap<>(inputs)
        .forEach((k, v) -> text.append(k).append(' ').append(v.length()).append(' ').append(v));
    return Sha256.hex(text.toString()).substring(0, 16);
  }

  /** A label value for any object name: itself, or a prefix and a hash where it is too long. */
  public static String label(String name) {
    return name.length() <= LONGEST
        ? name
        : name.substring(0, LONGEST - 11) + "-" + Sha256.hex(name).substring(0, 10);
  }
}
