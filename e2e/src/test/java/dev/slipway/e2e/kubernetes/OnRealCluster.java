package dev.slipway.e2e.kubernetes;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests of this class run on a real cluster with a real node. Their constructor takes the {@link
 * RealCluster}: one that all such classes of a run share, so that names must be their own. Where
 * the machine cannot run one, they are skipped with the reason.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("cluster")
@ExtendWith(RealClusterExtension.class)
public @interface OnRealCluster {}
