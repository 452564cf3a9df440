package dev.slipway.e2e.cluster.api;

import java.io.IOException;
import java.io.OutputStream;

/** Where {@code kubectl logs} is answered from: the node that runs the pod. */
@FunctionalInterface
public interface PodLogs {

  /**
   * Which part of a log is wanted.
   *
   * @param container empty for the only one
   * @param follow stay until the container ends
   * @param tailLines only that many last lines; negative for all
   * @param timestamps put the time before each line
   * @param limitBytes at most that many bytes; negative for all
   */
  record Options(
      String container, boolean follow, long tailLines, boolean timestamps, long limitBytes) {}

  /**
   * Writes the log of a pod to {@code out} as it comes, and flushes each part.
   *
   * @return false if no such container has started; nothing was written then
   */
  boolean write(String namespace, String pod, Options options, OutputStream out)
      throws IOException, InterruptedException;
}
