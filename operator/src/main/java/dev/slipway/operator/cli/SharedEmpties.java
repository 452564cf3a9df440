package dev.slipway.operator.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets all objects of the Kubernetes model share what is empty in them. Each comes with a map of
 * its own for fields that are not known, and a list of its own for every field that is one: nearly
 * all stay empty, and they are a fifth of what the caches would hold. They cannot be added to: who
 * changes an object that was read makes a copy of it with its builder.
 */
final class SharedEmpties extends BeanDeserializerModifier {
  private static final long serialVersionUID = 1;

  @Override
  public JsonDeserializer<?> modifyDeserializer(
      DeserializationConfig config, BeanDescription bean, JsonDeserializer<?> deserializer) {
    Class<?> type = bean.getBeanClass();
    if (!KubernetesResource.class.isAssignableFrom(type)) {
      return deserializer;
    }
    List<Field> containers = containers(type);
    return containers.isEmpty() ? deserializer : new Trimming(deserializer, containers);
  }

  private static List<Field> containers(Class<?> type) {
    List<Field> found = new ArrayList<>();
    for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        boolean container = field.getType() == List.class || field.getType() == Map.class;
        if (container && (field.getModifiers() & (Modifier.STATIC | Modifier.FINAL)) == 0) {
          field.setAccessible(true);
          found.add(field);
        }
      }
    }
    return found;
  }

  private static final class Trimming extends DelegatingDeserializer {
    private static final long serialVersionUID = 1;

    private final transient List<Field> containers;

    Trimming(JsonDeserializer<?> whole, List<Field> containers) {
      super(whole);
      this.containers = containers;
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> whole) {
      return new Trimming(whole, containers);
    }

    @Override
    public @Nullable Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      Object bean = super.deserialize(parser, context);
      if (bean != null) {
        for (Field field : containers) {
          trim(bean, field);
        }
      }
      return bean;
    }

    private static void trim(Object bean, Field field) {
      try {
        switch (field.get(bean)) {
          case List<?> list when list.isEmpty() -> field.set(bean, List.of());
          case Map<?, ?> map when map.isEmpty() -> field.set(bean, Map.of());
          case null, default -> {}
        }
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(field + " was made accessible", e);
      }
    }
  }
}
