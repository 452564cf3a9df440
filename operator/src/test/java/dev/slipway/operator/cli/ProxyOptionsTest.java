package dev.slipway.operator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Proxies as people write them, in the words of the JDK and of builder pods. */
final class ProxyOptionsTest {

  @Test
  void whatNeedsNoProxyIsSaidInTheFormOfTheJdk() {
    assertThat(
            ProxyOptions.withoutProxy(
                List.of(
                    ".svc",
                    "example.com",
                    "*.corp.test:443",
                    "10.0.0.0/8",
                    "172.16.0.0/15",
                    "192.0.2.7"),
                "10.96.0.1"))
        .isEqualTo(
            "localhost|127.*|[::1]|10.96.0.1|svc|*.svc|example.com|*.example.com|corp.test"
                + "|*.corp.test|10.*|172.16.*|172.17.*|192.0.2.7");
  }

  @Test
  void podsGetThemAsTheyAre() {
    ProxyOptions options = new ProxyOptions();
    new CommandLine(new Holder(options))
        .parseArgs("--https-proxy=http://proxy:3128", "--no-proxy=.svc,10.0.0.0/8");
    assertThat(options.environment())
        .isEqualTo(Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", ".svc,10.0.0.0/8"));
  }

  @CommandLine.Command
  private static final class Holder {
    @CommandLine.Mixin final ProxyOptions options;

    Holder(ProxyOptions options) {
      this.options = options;
    }
  }
}
