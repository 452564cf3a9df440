package dev.slipway.builder.dockerfile;

import java.lang.management.ManagementFactory;

/** What this thread has used of a processor: a busy machine does not change it. */
final class CpuTime {
  private CpuTime() {}

  static long nanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
