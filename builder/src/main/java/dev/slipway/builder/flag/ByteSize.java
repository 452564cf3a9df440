package dev.slipway.builder.flag;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers of bytes, such as 64m, 1.5GB or 2GiB, in upper or lower case. With an {@code i} the units
 * are powers of 1,024; without one they are what is usual for the thing that is measured.
 */
public final class ByteSize {
  private static final Pattern FORM = Pattern.compile("([0-9]+(?:[.][0-9]+)?)\\s*([kmgt]?)(i?)b?");
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  private ByteSize() {}

  /**
   * A size on disk: k is 1,000.
   *
   * @param flag for messages: {@code --keep-storage}
   * @throws BuildException USAGE
   */
  public static long ofStorage(String flag, String text) {
    return parse(flag, text, 1000, "10GB");
  }

  /** A size in memory: k is 1,024, as docker has it. */
  public static long ofMemory(String flag, String text) {
    return parse(flag, text, 1024, "64m");
  }

  private static long parse(String flag, String text, int usual, String example) {
    Matcher size = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!size.matches() || (size.group(2).isEmpty() && !size.group(3).isEmpty())) {
      throw new BuildException(
          ErrorCode.USAGE, flag + " " + text + ": it is not a size such as " + example);
    }
    int power = size.group(2).isEmpty() ? 0 : 1 + "kmgt".indexOf(size.group(2));
    BigDecimal unit = BigDecimal.valueOf(size.group(3).isEmpty() ? usual : 1024).pow(power);
    BigDecimal bytes = new BigDecimal(size.group(1)).multiply(unit);
    if (bytes.compareTo(MOST) > 0) {
      throw new BuildException(ErrorCode.USAGE, flag + " " + text + ": it is too large");
    }
    return bytes.longValue();
  }
}
