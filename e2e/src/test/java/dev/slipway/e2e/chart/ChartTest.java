package dev.slipway.e2e.chart;

import static dev.slipway.e2e.chart.Chart.only;
import static dev.slipway.e2e.chart.Chart.rendered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.api.ImageBuild;
import dev.slipway.operator.metrics.OperatorMetrics;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The chart as Helm renders it. */
final class ChartTest {
  private static final boolean GENERATE = Boolean.getBoolean("slipway.generate");
  private static final Path CASES = Path.of("src", "test", "resources", "chart");
  private static final Pattern METRIC = Pattern.compile("slipway_[a-z_]+");

  @Test
  void passesLint() {
    var result = Chart.helm().lint().strict().call();
    assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
  }

  static List<String> cases() throws IOException {
    try (Stream<Path> all = Files.list(CASES)) {
      return all.filter(Files::isDirectory)
          .map(Path::getFileName)
          .map(Path::toString)
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rendersWhatItDid(String name) throws IOException {
    Path values = CASES.resolve(name).resolve("values.yaml").toAbsolutePath();
    String yaml = Chart.yaml(Map.of("crds.install", "false"), values);
    compare(CASES.resolve(name).resolve("expected.yaml"), yaml);
  }

  @Test
  void theFileForKubectlIsTheRenderedChart() throws IOException {
    compare(
        Chart.DIRECTORY.resolve("../../deploy/slipway.yaml").normalize(),
        Manifests.ofChart(Chart.yaml(Map.of(), null)));
  }

  @Test
  void carriesTheGeneratedResourceDefinition() throws IOException {
    try (InputStream generated = ImageBuild.class.getResourceAsStream(ImageBuild.CRD_RESOURCE)) {
      assertThat(generated).isNotNull();
      compare(
          Chart.DIRECTORY.resolve("files/crds/imagebuilds.slipway.dev.yaml"),
          new String(generated.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void keepsTheResourceDefinitionWhenItIsUninstalled() {
    CustomResourceDefinition crd = only(rendered(Map.of()), CustomResourceDefinition.class);
    assertThat(crd.getMetadata().getAnnotations()).containsEntry("helm.sh/resource-policy", "keep");
    assertThat(crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema())
        .as("the schema survives the template")
        .isNotNull();
    assertThat(rendered(Map.of("crds.install", "false")))
        .noneMatch(CustomResourceDefinition.class::isInstance);
  }

  @Test
  void theOperatorMayNotReadSecrets() {
    for (List<HasMetadata> all :
        List.of(rendered(Map.of()), rendered(Map.of("namespaces[0]", "team-a")))) {
      assertThat(rules(all))
          .noneMatch(rule -> rule.getResources().contains("secrets"))
          .noneMatch(rule -> rule.getVerbs().contains("*") || rule.getResources().contains("*"));
    }
  }

  @Test
  void hasNoRightsOutsideTheNamespacesItWatches() {
    List<HasMetadata> all = rendered(Map.of("namespaces[0]", "team-a", "namespaces[1]", "team-b"));
    assertThat(all).noneMatch(ClusterRole.class::isInstance);
    assertThat(namespaces(all, Role.class))
        .containsExactlyInAnyOrder("team-a", "team-b", Chart.NAMESPACE);
    assertThat(namespaces(all, NetworkPolicy.class))
        .containsExactlyInAnyOrder("team-a", "team-b", Chart.NAMESPACE);
  }

  @Test
  void theProfileIsInstalledWithoutPrivileges() {
    List<HasMetadata> all = rendered(Map.of("seccomp.install", "true"));
    var pod = only(all, DaemonSet.class).getSpec().getTemplate().getSpec();
    var security = pod.getContainers().getFirst().getSecurityContext();
    assertThat(security.getPrivileged()).isNull();
    assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(security.getCapabilities().getAdd()).isEmpty();
    assertThat(pod.getHostPID()).isNull();
    assertThat(pod.getHostNetwork()).isNull();
    assertThat(arguments(all)).contains("--seccomp-profile=slipway/builder.json");
  }

  @Test
  void limitsBecomeFlagsAndZeroIsNotForgotten() {
    assertThat(arguments(rendered(Map.of("limits.builds", "0"))))
        .contains("--max-builds=0")
        .noneMatch(argument -> argument.startsWith("--max-builds-per"));
  }

  @Test
  void refusesUnknownValues() {
    assertThatThrownBy(() -> rendered(Map.of("imge.tag", "1"))).hasMessageContaining("imge");
    assertThatThrownBy(() -> rendered(Map.of("isolation[0]", "privileged")))
        .hasMessageContaining("isolation");
    assertThatThrownBy(() -> rendered(Map.of("seccomp.profile", "../../etc/passwd")))
        .hasMessageContaining("profile");
  }

  /** Alerts on a metric that is not there never fire, and nobody notices. */
  @Test
  void alertsAndDashboardNameMetricsThatExist() throws IOException {
    OperatorMetrics metrics = new OperatorMetrics();
    metrics.queue(() -> 0, () -> 0);
    metrics.leader(() -> true);
    Set<String> exist =
        metrics
            .scrape()
            .lines()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.replaceAll("[{ ].*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    JsonNode dashboard = new ObjectMapper().readTree(file("dashboard.json").toFile());
    String expressions =
        String.join("\n", dashboard.findValuesAsText("expr"))
            + Files.readString(file("rules.yaml"));
    Set<String> named =
        METRIC
            .matcher(expressions)
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(named).hasSizeGreaterThan(6);
    assertThat(exist).containsAll(named);
  }

  private static Path file(String name) {
    return Chart.DIRECTORY.resolve("files").resolve(name);
  }

  private static void compare(Path golden, String actual) throws IOException {
    if (GENERATE) {
      Files.createDirectories(golden.getParent());
      Files.writeString(golden, actual);
    }
    assertThat(actual)
        .as("%s has drifted; run: make manifests", golden)
        .isEqualTo(Files.exists(golden) ? Files.readString(golden) : "");
  }

  private static List<String> arguments(List<HasMetadata> all) {
    return only(all, Deployment.class)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getArgs();
  }

  private static List<PolicyRule> rules(List<HasMetadata> all) {
    return Stream.concat(
            all.stream()
                .filter(ClusterRole.class::isInstance)
                .flatMap(role -> ((ClusterRole) role).getRules().stream()),
            all.stream()
                .filter(Role.class::isInstance)
                .flatMap(role -> ((Role) role).getRules().stream()))
        .toList();
  }

  private static List<String> namespaces(List<HasMetadata> all, Class<? extends HasMetadata> type) {
    return all.stream()
        .filter(type::isInstance)
        .map(object -> object.getMetadata().getNamespace())
        .toList();
  }
}
