package dev.slipway.builder.dockerfile;

import java.time.Duration;
import java.util.List;

/**
 * {@code HEALTHCHECK}. Variables are not expanded. Zero stands for "not given".
 *
 * @param test as in the image config: {@code ["NONE"]}, {@code ["CMD", program, argument...]} or
 *     {@code ["CMD-SHELL", line]}
 */
public record Healthcheck(
    Origin origin,
    List<String> test,
    Duration interval,
    Duration timeout,
    Duration startPeriod,
    Duration startInterval,
    int retries)
    implements Instruction {
  public Healthcheck {
    test = List.copyOf(test);
  }

  @Override
  public Healthcheck expand(Variables variables) {
    return this;
  }
}
