package dev.slipway.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The chart as Helm renders it. */
final class ChartTest {
  private static final Path CHART = Path.of("..", "charts", "slipway").toAbsolutePath().normalize();

  @Test
  void passesLint() {
    var result = new Helm(CHART).lint().strict().call();
    assertThat(result.getMessages()).as("%s", result.getMessages()).isNotNull();
    assertThat(result.isFailed()).isFalse();
  }

  @Test
  void theOperatorMayNotReadSecrets() {
    ClusterRole role = only(rendered(Map.of()), ClusterRole.class);
    assertThat(role.getRules()).noneMatch(rule -> rule.getResources().contains("secrets"));
    assertThat(role.getRules())
        .noneMatch(rule -> rule.getVerbs().contains("*") || rule.getResources().contains("*"));
  }

  @Test
  void theOperatorPassesRestricted() {
    Deployment deployment = only(rendered(Map.of()), Deployment.class);
    var pod = deployment.getSpec().getTemplate().getSpec();
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    var container = pod.getContainers().getFirst().getSecurityContext();
    assertThat(container.getAllowPrivilegeEscalation()).isFalse();
    assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
  }

  @Test
  void limitsBecomeFlagsAndZeroIsNotForgotten() {
    Deployment deployment = only(rendered(Map.of("limits.builds", "0")), Deployment.class);
    assertThat(deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs())
        .contains("--max-builds=0")
        .noneMatch(argument -> argument.startsWith("--max-builds-per"));
  }

  @Test
  void refusesUnknownValues() {
    assertThatThrownBy(() -> rendered(Map.of("imge.tag", "1"))).hasMessageContaining("imge");
  }

  @Test
  void carriesTheGeneratedResourceDefinition() throws IOException {
    try (InputStream generated = ImageBuild.class.getResourceAsStream(ImageBuild.CRD_RESOURCE)) {
      assertThat(generated).isNotNull();
      assertThat(Files.readString(CHART.resolve("crds/imagebuilds.slipway.dev.yaml")))
          .as("copy crds/src/main/resources/dev/slipway/api/*.yaml to charts/slipway/crds")
          .isEqualTo(new String(generated.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static List<HasMetadata> rendered(Map<String, String> values) {
    var template = new Helm(CHART).template();
    values.forEach(template::set);
    String yaml = template.call();
    return new KubernetesSerialization()
                .<Object>unmarshal(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
            instanceof List<?> list
        ? list.stream().map(HasMetadata.class::cast).toList()
        : List.of();
  }

  private static <T extends HasMetadata> T only(List<HasMetadata> all, Class<T> type) {
    return type.cast(all.stream().filter(type::isInstance).findFirst().orElseThrow());
  }
}
