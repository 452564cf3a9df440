package dev.slipway.e2e.chart;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Our chart, as Helm renders it for the release {@code slipway} in {@code slipway-system}. */
final class Chart {
  static final Path DIRECTORY = Path.of("..", "charts", "slipway").toAbsolutePath().normalize();
  static final String RELEASE = "slipway";
  static final String NAMESPACE = "slipway-system";

  private Chart() {}

  static Helm helm() {
    return new Helm(DIRECTORY);
  }

  /** Renders with values of the form {@code a.b=c} of {@code --set}. */
  static List<HasMetadata> rendered(Map<String, String> values) {
    return parsed(yaml(values, null));
  }

  static String yaml(Map<String, String> values, @Nullable Path file) {
    TemplateCommand template =
        helm().template().withName(RELEASE).withNamespace(NAMESPACE).withKubeVersion("1.33.0");
    if (file != null) {
      template.withValuesFile(file);
    }
    values.forEach(template::set);
    // Hooks of `helm test` are no part of what is installed.
    return Arrays.stream(template.call().split("(?m)^(?=---$)"))
        .filter(document -> !document.contains("helm.sh/hook: test"))
        .collect(Collectors.joining());
  }

  static List<HasMetadata> parsed(String yaml) {
    Object all =
        new KubernetesSerialization()
            .<Object>unmarshal(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)));
    return all instanceof List<?> list
        ? list.stream().map(HasMetadata.class::cast).toList()
        : List.of();
  }

  static <T extends HasMetadata> T only(List<HasMetadata> all, Class<T> type) {
    return type.cast(all.stream().filter(type::isInstance).findFirst().orElseThrow());
  }
}
