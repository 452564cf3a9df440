package dev.slipway.builder.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.pattern.Abbreviator;
import ch.qos.logback.classic.pattern.TargetLengthBasedClassNameAbbreviator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * The log of the command line: warnings, on standard error, because standard output belongs to
 * results. In code, because reading it from XML would cost every start a tenth of a second.
 */
final class Logs {
  private Logs() {}

  /** Sets it up; the variable {@code SLIPWAY_LOG_LEVEL} asks for more. */
  static void configure() {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    context.reset();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setLayout(new Lines());
    encoder.start();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setTarget("System.err");
    console.setEncoder(encoder);
    console.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(System.getenv("SLIPWAY_LOG_LEVEL"), Level.WARN));
    root.addAppender(console);
  }

  /**
   * Logback's own, less what it looks for: configurations in files, on the class path, as services.
   */
  public static final class Provider implements SLF4JServiceProvider {
    private final LoggerContext context = new LoggerContext();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final LogbackMDCAdapter diagnostics = new LogbackMDCAdapter();

    @Override
    public void initialize() {
      context.setMDCAdapter(diagnostics);
      context.start();
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
      return context;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
      return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
      return diagnostics;
    }

    @Override
    public String getRequestedApiVersion() {
      return "2.0";
    }
  }

  /** Level, logger and message. A pattern would take its compiler, and that thirty milliseconds. */
  private static final class Lines extends LayoutBase<ILoggingEvent> {
    private final Abbreviator names = new TargetLengthBasedClassNameAbbreviator(20);

    @Override
    public String doLayout(ILoggingEvent event) {
      StringBuilder line = new StringBuilder();
      line.append(event.getLevel()).append(' ');
      line.append(names.abbreviate(event.getLoggerName())).append(' ');
      line.append(event.getFormattedMessage()).append(System.lineSeparator());
      if (event.getThrowableProxy() != null) {
        line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
      return line.toString();
    }
  }
}
