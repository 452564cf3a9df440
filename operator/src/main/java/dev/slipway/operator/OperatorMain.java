package dev.slipway.operator;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.slipway.operator.cli.OperatorCommand;
import dev.slipway.operator.kubectl.KubectlCommand;
import java.util.Arrays;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The entry point of {@code slipway operator} and {@code slipway kubectl}. */
public final class OperatorMain {
  private OperatorMain() {}

  public static void main(String[] args) {
    boolean kubectl = args.length > 0 && args[0].equals("kubectl");
    log(kubectl ? Level.ERROR : Level.INFO);
    System.exit(
        kubectl
            ? KubectlCommand.commandLine().execute(Arrays.copyOfRange(args, 1, args.length))
            : new CommandLine(new OperatorCommand()).execute(args));
  }

  /** JSON lines on standard error. In code, because a file would decide for whoever embeds us. */
  private static void log(Level level) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    // It warns of v1alpha1 at each start; there is no other version.
    context
        .getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils")
        .setLevel(Level.ERROR);
    JsonEncoder encoder = new JsonEncoder();
    encoder.setContext(context);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
    root.setLevel(level);
  }
}
